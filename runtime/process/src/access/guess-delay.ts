/**
 * Slows down password guessing, by address and user. It handles only wrong passwords, so the correct one is never locked out or delayed,
 * whatever else comes from the same address. The trade-off: an attacker who opens many connections at once is slowed only by the cost of those
 * connections, not by a count; the remaining protection is 139 random bits (docs/decisions/014).
 */
import { setTimeout as delay } from 'node:timers/promises'
import { clientNetwork } from './client-network.ts'

export interface Guess {
  /** Address of the client. For IPv6 the network counts, because a client has 2^64 addresses in it. */
  readonly address: string
  /** The user name it sent, known or not; empty for a token. */
  readonly user: string
}

export interface GuessDelay {
  /**
   * Waits as long as a wrong guess must wait for its answer. Returns 0 when the client may be told that it was wrong; otherwise it must be told
   * (429, Retry-After) to retry after that many seconds: too many are already waiting.
   */
  afterWrong(guess: Guess, gone?: AbortSignal): Promise<number>
}

export interface GuessDelayOptions {
  readonly now?: () => number
  readonly wait?: (ms: number, signal?: AbortSignal) => Promise<void>
}

/** People mistype. */
const FREE_GUESSES = 3
/** An address may serve many people, and an attacker may try many names. */
const FREE_GUESSES_OF_ADDRESS = 15
const FIRST_DELAY_MS = 250
const MAX_DELAY_MS = 4000
const FORGET_AFTER_MS = 600_000
/** Beyond it, the least recently seen are forgotten. */
const MAX_KEYS = 10_000
/** Delayed responses, in total and per address: a delayed response occupies a connection. */
const MAX_HELD = 64
const MAX_HELD_OF_ADDRESS = 8
const MAX_USER_LENGTH = 64

interface Failures {
  count: number
  at: number
}

export function createGuessDelay({ now = Date.now, wait = abortableDelay }: GuessDelayOptions = {}): GuessDelay {
  const failures = new Map<string, Failures>()
  const held = new Map<string, number>()
  let heldInAll = 0

  function count(key: string): number {
    const known = failures.get(key)
    const next = known && now() - known.at < FORGET_AFTER_MS ? known.count + 1 : 1
    failures.delete(key)
    failures.set(key, { count: next, at: now() })
    const oldest = failures.keys().next().value
    if (failures.size > MAX_KEYS && oldest !== undefined) failures.delete(oldest)
    return next
  }

  async function hold(address: string, ms: number, gone: AbortSignal | undefined): Promise<void> {
    heldInAll++
    held.set(address, (held.get(address) ?? 0) + 1)
    try {
      await wait(ms, gone)
    } finally {
      heldInAll--
      const rest = (held.get(address) ?? 1) - 1
      if (rest > 0) held.set(address, rest)
      else held.delete(address)
    }
  }

  return {
    async afterWrong({ address, user }, gone) {
      const network = clientNetwork(address)
      const excess = Math.max(
        count(`${network}\n${user.slice(0, MAX_USER_LENGTH)}`) - FREE_GUESSES,
        count(network) - FREE_GUESSES_OF_ADDRESS,
      )
      if (excess <= 0) return 0
      const ms = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (excess - 1))
      if (heldInAll >= MAX_HELD || (held.get(network) ?? 0) >= MAX_HELD_OF_ADDRESS) return Math.ceil(ms / 1000)
      await hold(network, ms, gone)
      return 0
    },
  }
}

/** Ends early, without an error, when the client goes away. */
async function abortableDelay(ms: number, signal?: AbortSignal): Promise<void> {
  await delay(ms, undefined, signal ? { signal, ref: false } : { ref: false }).catch(() => {}) // the client disconnected
}
