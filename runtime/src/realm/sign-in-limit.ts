/**
 * Limits how often passwords are guessed that people choose (docs/decisions/046). A guess that comes too early is not compared. Guesses count
 * for the user and for the network they come from; but from a network where the user has signed in before, only those from there count.
 */
import { clientNetwork } from '@spyglass/process/access'

export interface SignInGuess {
  readonly user: string
  readonly address: string
}

/** People mistype. */
const FREE_GUESSES = 5
/** A network may serve many people. */
const FREE_GUESSES_OF_NETWORK = 20
/** After so long one wrong guess is forgotten. */
const FORGET_MS = 60_000
const FORGET_OF_NETWORK_MS = 10_000
const FIRST_DELAY_MS = 1000
/** Bounded, since the right person may have to wait it out. */
const MAX_DELAY_MS = 30_000
const STEPS = Math.ceil(Math.log2(MAX_DELAY_MS / FIRST_DELAY_MS))
/** Beyond it, the least recently seen are forgotten. */
const MAX_KEYS = 10_000

export class SignInLimit {
  readonly #users: WrongGuesses
  readonly #networks: WrongGuesses
  /** Of a user from a network where they have signed in before. */
  readonly #atHome: WrongGuesses
  readonly #homes = new Map<string, true>()

  constructor(now: () => number = () => performance.now()) {
    this.#users = new WrongGuesses(FREE_GUESSES, FORGET_MS, now)
    this.#networks = new WrongGuesses(FREE_GUESSES_OF_NETWORK, FORGET_OF_NETWORK_MS, now)
    this.#atHome = new WrongGuesses(FREE_GUESSES, FORGET_MS, now)
  }

  /** How long this user, or this network, must wait before it may guess; 0: it may now. */
  owedMs(guess: SignInGuess): number {
    return Math.max(...this.#countersOf(guess).map(([counter, key]) => counter.owedMs(key)))
  }

  /** Counts it as wrong, before it is compared: guesses at once are no way around the limit. The result takes that back. */
  count(guess: SignInGuess): () => void {
    const takeBack = this.#countersOf(guess).map(([counter, key]) => counter.add(key))
    return () => takeBack.forEach((each) => each())
  }

  /** The password was right: from there, the user does not wait for what others guess elsewhere. */
  right(guess: SignInGuess): void {
    const home = homeOf(guess)
    put(this.#homes, home, true)
    this.#atHome.forget(home)
  }

  #countersOf(guess: SignInGuess): readonly (readonly [WrongGuesses, string])[] {
    const home = homeOf(guess)
    if (this.#homes.has(home)) return [[this.#atHome, home]]
    return [
      [this.#users, userOf(guess)],
      [this.#networks, clientNetwork(guess.address)],
    ]
  }
}

/** Accents, white space, and what nobody sees. */
const UNCOMPARED = /[\p{M}\p{C}\p{Z}]/gu

/** A source may take other spellings for the same user, as databases and directories do that compare names without accents: they have one count. */
const userOf = ({ user }: SignInGuess): string =>
  user.toUpperCase().toLowerCase().normalize('NFKD').replaceAll(UNCOMPARED, '').toLowerCase()

/** The name as it was given: who has an account of a like name must not be at home as somebody else, and take back what they guessed. */
const homeOf = ({ user, address }: SignInGuess): string => `${clientNetwork(address)}\n${user}`

interface Count {
  readonly number: number
  readonly at: number
}

/** Wrong guesses by key; one is forgotten after each `forgetMs`. */
class WrongGuesses {
  readonly #free: number
  readonly #forgetMs: number
  readonly #now: () => number
  readonly #counts = new Map<string, Count>()

  constructor(free: number, forgetMs: number, now: () => number) {
    this.#free = free
    this.#forgetMs = forgetMs
    this.#now = now
  }

  owedMs(key: string): number {
    const { number, at } = this.#counts.get(key) ?? { number: 0, at: 0 }
    if (number < this.#free) return 0
    const delayMs = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.ceil(number - this.#free))
    return Math.max(0, at + delayMs - this.#now())
  }

  add(key: string): () => void {
    const [before, at] = [this.#counts.get(key), this.#now()]
    const left = before ? Math.max(0, before.number - (at - before.at) / this.#forgetMs) : 0
    const count = { number: Math.min(this.#free + STEPS, left + 1), at }
    put(this.#counts, key, count)
    return () => this.#takeBack(key, count, before)
  }

  forget(key: string): void {
    this.#counts.delete(key)
  }

  /** As if it had not been: one that was right must not make others wait. */
  #takeBack(key: string, count: Count, before: Count | undefined): void {
    const present = this.#counts.get(key)
    if (!present) return
    if (present !== count) this.#counts.set(key, { ...present, number: Math.max(0, present.number - 1) })
    else if (before) this.#counts.set(key, before)
    else this.#counts.delete(key)
  }
}

/** As the most recent one; the least recent goes if there are too many. */
function put<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key)
  map.set(key, value)
  const oldest = map.keys().next().value
  if (map.size > MAX_KEYS && oldest !== undefined) map.delete(oldest)
}
