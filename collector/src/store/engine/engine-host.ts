/** Holds sessions of the engine and answers each call with one reply. There is one in each thread of the engine's process. */
import { messageOf } from '@spyglass/agent/contract'
import { refuse } from '../clickhouse-error.ts'
import { type ChdbSession, OpenError, type OpenSession } from './chdb.ts'
import type { RawResult } from './engine.ts'
import type { Call, FromEngine, Reply, ToEngine } from './messages.ts'

export interface EngineHost {
  handle(message: ToEngine): Promise<void>
}

/** Larger responses are sent in parts: one message of 64 MiB would stop both processes while it is copied. */
const PART_BYTES = 1024 * 1024

interface Seat {
  readonly session: ChdbSession
  stream?: AsyncGenerator<RawResult>
  /** The call before: closing a session in the middle of a call would end the whole engine. */
  last: Promise<unknown>
}

export function createEngineHost(open: OpenSession, send: (message: FromEngine) => void): EngineHost {
  const seats = new Seats(open)
  return {
    async handle({ id, ...call }) {
      try {
        for (const message of repliesOf(id, await seats.inTurn(call))) send(message)
      } catch (error) {
        send(errorReply(id, error))
      }
    },
  }
}

class Seats {
  readonly #seats = new Map<number, Seat>()
  readonly #open: OpenSession

  constructor(open: OpenSession) {
    this.#open = open
  }

  /** One call of a session after the other. */
  inTurn(call: Call): Promise<Reply> {
    const seat = 'session' in call ? this.#seats.get(call.session) : undefined
    if (!seat) return this.#run(call)
    const mine = seat.last.then(() => this.#run(call))
    seat.last = mine.catch(() => {})
    return mine
  }

  async #run(call: Call): Promise<Reply> {
    switch (call.type) {
      case 'prepare':
        break
      case 'open':
        this.#seats.set(call.session, { session: this.#open(call.settings), last: Promise.resolve() })
        break
      case 'query':
        return this.#seat(call.session).session.query(call.sql, call.format)
      case 'classify':
        return this.#seat(call.session).session.classify(call.sql, call.database)
      case 'stream': {
        const seat = this.#seat(call.session)
        seat.stream = seat.session.stream(call.sql, call.format)
        return next(seat)
      }
      case 'next':
        return next(this.#seat(call.session))
      case 'cancel':
        await this.#seats.get(call.session)?.stream?.return(undefined)
        break
      case 'close':
        this.#seats.get(call.session)?.session.close()
        this.#seats.delete(call.session)
        break
    }
    return undefined
  }

  #seat(id: number): Seat {
    const seat = this.#seats.get(id)
    if (!seat) throw refuse('SESSION_NOT_FOUND', `There is no session ${id}`)
    return seat
  }
}

async function next({ stream }: Seat): Promise<RawResult | undefined> {
  const step = await stream?.next()
  return step === undefined || step.done === true ? undefined : step.value
}

export function errorReply(id: number, error: unknown): FromEngine {
  const message = messageOf(error)
  return { id, type: 'error', message, ...(error instanceof OpenError && error.owner !== undefined ? { owner: error.owner } : {}) }
}

function repliesOf(id: number, value: Reply): FromEngine[] {
  if (value === undefined || !('bytes' in value)) return [{ id, type: 'reply', value }]
  const { bytes, rows } = value
  const messages: FromEngine[] = []
  let at = 0
  for (; bytes.length - at > PART_BYTES; at += PART_BYTES) messages.push({ id, type: 'part', bytes: bytes.subarray(at, at + PART_BYTES) })
  return [...messages, { id, type: 'reply', value: { bytes: bytes.subarray(at), rows } }]
}
