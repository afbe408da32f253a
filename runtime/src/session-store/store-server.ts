/** Answers the instances: whose sessions they may have, and in which order changes count. */
import { timingSafeEqual } from 'node:crypto'
import type net from 'node:net'
import { messageOf } from '@spyglass/agent/contract'
import { MessageStream } from '@spyglass/process/channel'
import { type Clock, systemClock } from '../clock/index.ts'
import { type Answer, type FromStore, type Hello, MAX_LEASE_MS, type Question, type ToStore } from '../session/server-store/messages.ts'
import { type Holder, Leases } from './leases.ts'
import type { Outcome, Space } from './space.ts'

/** The sessions of one name, opened when somebody asks for them. */
export interface OpenSpace {
  readonly space: Space
  /** Whether another process has lent copies of them before. */
  readonly isKnown: boolean
}

export interface StoreServerOptions {
  readonly tokenOf: (space: string) => string
  readonly open: (space: string) => OpenSpace
  readonly clock?: Clock
}

interface Served {
  readonly space: Space
  readonly leases: Leases
}

const SPACE = /^[a-z0-9][a-z0-9_-]{0,63}$/

export class StoreServer {
  readonly #options: StoreServerOptions
  readonly #clock: Clock
  readonly #served = new Map<string, Served>()
  readonly #open = new Set<MessageStream>()

  constructor(options: StoreServerOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
  }

  connected(socket: net.Socket): void {
    const caller = new Caller(this)
    const stream = new MessageStream(socket, {
      onMessage: (message) => caller.said(message as ToStore),
      onEnd: () => {
        this.#open.delete(stream)
        caller.ended()
      },
    })
    caller.stream = stream
    this.#open.add(stream)
  }

  /** Undefined: the token is not the one of the space. */
  admitted({ space, token, maxSessions, maxTotalBytes }: Hello): Served | undefined {
    if (!SPACE.test(space) || !isSame(token, this.#options.tokenOf(space))) return undefined
    const served = this.#served.get(space) ?? this.#opened(space)
    served.space.limits = { maxSessions, maxTotalBytes }
    return served
  }

  #opened(name: string): Served {
    const { space, isKnown } = this.#options.open(name)
    const leases = new Leases(this.#clock, isKnown ? this.#clock.now() + MAX_LEASE_MS : 0)
    const served = { space, leases }
    this.#served.set(name, served)
    return served
  }

  sweep(): void {
    for (const { space, leases } of this.#served.values()) {
      space.sweep()
      leases.sweep()
    }
  }

  close(): void {
    for (const stream of this.#open) stream.close()
  }
}

const isSame = (one: string, other: string): boolean => one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other))

/** One connection of an instance. */
class Caller implements Holder {
  stream: MessageStream | undefined
  readonly #server: StoreServer
  #served: Served | undefined
  #leaseMs = 0

  constructor(server: StoreServer) {
    this.#server = server
  }

  said(message: ToStore): void {
    if (message.do === 'hello') return this.#greeted(message)
    const served = this.#served
    if (!served) return this.stream?.close()
    if (message.do === 'dropped') return served.leases.confirmed(message.change)
    this.#asked(served, message)
  }

  tellOld(session: string, change: number): void {
    this.#send({ is: 'old', session, change })
  }

  ended(): void {
    this.#served?.leases.gone(this)
  }

  #greeted(hello: Hello): void {
    try {
      this.#served = this.#server.admitted(hello)
    } catch {
      this.#served = undefined // its folder cannot be read or written: what opens it has said so, and the next connection tries again
    }
    if (!this.#served) return this.stream?.close()
    this.#leaseMs = Math.min(hello.leaseMs, MAX_LEASE_MS)
  }

  #asked(served: Served, question: Question & { readonly id: number }): void {
    const { id, session } = question
    let outcome: Outcome
    try {
      outcome = outcomeOf(served.space, question)
    } catch (error) {
      return this.#send({ id, is: 'failed', reason: messageOf(error) })
    }
    const isChange = outcome.is === 'written' || (question.do === 'remove' && outcome.is === 'done')
    if (isChange) {
      const isKept = outcome.is === 'written'
      const done = (): void => this.#send({ id, ...this.#checked(served, session, outcome) })
      served.leases.revoke(session, this, done, isKept ? this.#leaseMs : 0)
    } else {
      if ('stored' in outcome) served.leases.grant(session, this, this.#leaseMs)
      this.#send({ id, ...outcome })
    }
  }

  #checked({ leases }: Served, session: string, outcome: Outcome): Answer {
    return 'stored' in outcome && !leases.has(session, this) ? { ...outcome, isOld: true } : outcome
  }

  #send(message: FromStore): void {
    this.stream?.send(message)
  }
}

function outcomeOf(space: Space, question: Question): Outcome {
  switch (question.do) {
    case 'read':
      return space.read(question.session)
    case 'create': {
      const { session, text, createdAt, until } = question
      return space.create(session, { text, createdAt, until })
    }
    case 'write':
      return space.write(question.session, question)
    case 'touch':
      return space.touch(question.session, question.until)
    default:
      return space.remove(question.session, question.version)
  }
}
