/** A group whose databases say what a test says, with a clock that only the test moves. */
import type { Driver, DriverConnection } from '../../../../runtime/src/datasource/driver.ts'
import { Group, type GroupOptions } from '../../../../runtime/src/datasource/group/group.ts'
import type { Member } from '../../../../runtime/src/datasource/group/member.ts'
import type { Standing } from '../../../../runtime/src/datasource/standing.ts'
import { ManualClock, turns } from '../fixture.ts'

export const PRIMARY: Standing = { isWritable: true, timeline: 1, position: 1n, lagMs: 0 }
export const COPY: Standing = { ...PRIMARY, isWritable: false }

/** What a database does when it is asked: answers, refuses connections, or says nothing. */
export type Saying = Standing | 'refuses' | 'silent'

export class ScriptedDatabase {
  saying: Saying
  connects = 0
  /** Connections that were closed. */
  closed = 0
  /** Breaks the connection that was opened last. */
  break: (error: Error) => void = () => {}

  constructor(saying: Saying) {
    this.saying = saying
  }

  driver(target: string): Driver {
    return {
      name: 'scripted',
      system: 'postgresql',
      target,
      connect: async (onBroken, signal) => {
        this.connects++
        if (this.saying === 'refuses') throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
        if (this.saying === 'silent') await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))))
        this.break = onBroken
        return this.#connection()
      },
      standingOver: async () => {
        if (typeof this.saying === 'string') throw Object.assign(new Error(this.saying), { code: 'ECONNRESET' })
        return this.saying
      },
    }
  }

  #connection(): DriverConnection {
    return {
      running: undefined,
      inTransaction: false,
      broken: false,
      validate: async () => {},
      reset: async () => {},
      close: async () => void this.closed++,
    }
  }
}

export function scriptedGroup(
  sayings: Readonly<Record<string, Saying>>,
  changes: Partial<Member> = {},
  settings: object = {},
  seen?: GroupOptions['seen'],
) {
  const clock = new ManualClock()
  const databases = new Map(Object.entries(sayings).map(([name, saying]) => [name, new ScriptedDatabase(saying)]))
  const members = Object.keys(sayings).map((name): Member => ({
    name,
    url: `postgres://${name}/shop`,
    role: 'primary',
    weight: 1,
    tags: [],
    ...changes,
  }))
  const group = new Group({
    clock,
    settings: () => ({
      name: 'shop',
      sharded: false,
      balance: 'weight',
      probeIntervalMs: 1000,
      probeTimeoutMs: 500,
      probeFailures: 2,
      restoreAfterMs: 10_000,
      maxLagMs: 30_000,
      ...settings,
    }),
    members,
    driverOf: ({ name }) => databases.get(name)!.driver(name),
    lentOf: () => 0,
    seen,
    random: () => 0,
  })
  const told: string[] = []
  group.events.on('writer', (to, from) => void told.push(`${from?.name ?? 'nobody'} -> ${to.name}`))
  group.events.on('down', ({ name }) => void told.push(`${name} down`))
  group.events.on('restored', ({ name }) => void told.push(`${name} restored`))
  return {
    group,
    clock,
    told,
    say: (name: string, saying: Saying) => {
      databases.get(name)!.saying = saying
    },
    database: (name: string) => databases.get(name)!,
    member: (name: string) => members.find((one) => one.name === name)!,
    /** Lets time pass, second by second, so that questions are asked and answered. */
    pass: async (ms: number) => {
      for (let passed = 0; passed < ms; passed += 500) {
        clock.advance(Math.min(500, ms - passed))
        await turns()
      }
    },
  }
}
