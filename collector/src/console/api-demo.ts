/**
 * What `--demo` adds to the console: the two headline incidents at the press of a button, in the sample application. Without `--demo` there are no
 * such routes. What happens is what would happen to any application: connections are not returned, a process is killed.
 */
import type { Principal } from '@spyglass/process/access'
import { mayAct } from '@spyglass/process/access'
import { fail as refuse } from '@spyglass/process/administration-api'
import { ownUrl, type SpyglassConfig } from '@spyglass/process/checked-config'
import { kinds } from '@spyglass/mbeans/kinds'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type ManagementClient, numberOf, textOf } from '../query/index.ts'

export interface DemoApiOptions {
  readonly config: Pick<SpyglassConfig, 'alerting' | 'datasources' | 'listeners'>
  readonly management: ManagementClient
  readonly principalOf: (request: FastifyRequest) => Principal
  readonly mayChange: (request: FastifyRequest) => boolean
  /** Default: GET, whatever the answer. */
  readonly visit?: (url: string) => Promise<unknown>
  /** Default: SIGKILL. */
  readonly kill?: (pid: number) => void
  /** Calls back after a time. Default: a timer. */
  readonly later?: (call: () => void, ms: number) => void
}

/** The pool stays drained long enough to be paged, looked at and acknowledged. */
const DRAINED_MS = 45_000
/** Each of several instances has connections of its own: this many requests reach all of them. */
const TRIES = 8
const LOOK_EVERY_MS = 1000
/** It is given up when the instance does not come back in time. */
const MAX_LOOKS = 60

export function addDemoApi(app: FastifyInstance, options: DemoApiOptions): void {
  const { principalOf, mayChange } = options
  const acts: Readonly<Record<string, () => Promise<void>>> = { drain: () => drain(options), kill: () => killAgain(options) }
  for (const [name, act] of Object.entries(acts))
    app.post(`/api/v1/demo/${name}`, async (request) => {
      if (!mayChange(request)) throw refuse('SPY_API_REMOTE')
      const { actor, role } = principalOf(request)
      if (!mayAct(role, 'operator')) throw refuse('SPY_API_ROLE', ['POST', request.url, 'operator', actor, role])
      await act()
      return {}
    })
}

/** Takes all connections of the shop, and returns them after a while. */
async function drain({ config, visit = visited, later = afterTime }: DemoApiOptions): Promise<void> {
  const [listener] = config.listeners
  if (!listener) return
  const shop = `${ownUrl({ tls: listener.tls, addresses: [listener] })}/shop`
  const count = config.datasources.find(({ name }) => name === 'shop')?.max ?? 1
  const each = (path: string): void => void Promise.allSettled(Array.from({ length: TRIES }, () => visit(`${shop}/${path}`)))
  each(`leak?count=${count}`)
  later(() => each('leak/return'), DRAINED_MS)
}

/** Kills an instance as often as makes it an incident: one crash alone is over before anybody could be paged. */
async function killAgain(options: DemoApiOptions): Promise<void> {
  const { config, management, kill = killed, later = afterTime } = options
  const pids = new Set<number>()
  const look = async (looks: number): Promise<void> => {
    if (looks > MAX_LOOKS || pids.size >= config.alerting.crashesBeforePage) return
    const [instances = []] = await management.read([kinds.instance]).catch(() => [])
    const ready = instances.filter(({ values }) => textOf(values['state']) === 'ready').toSorted((a, b) => (a.name < b.name ? -1 : 1))[0]
    const pid = numberOf(ready?.values['pid'])
    if (pid > 0 && !pids.has(pid)) {
      pids.add(pid)
      kill(pid)
    }
    later(() => void look(looks + 1), LOOK_EVERY_MS)
  }
  await look(1)
}

async function visited(url: string): Promise<void> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(60_000) })
  await answer.body?.cancel()
}

const killed = (pid: number): void => void process.kill(pid, 'SIGKILL')
const afterTime = (call: () => void, ms: number): void => void setTimeout(call, ms).unref()
