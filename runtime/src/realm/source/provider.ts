/** Somebody else whom people sign in at: the browser is sent there and comes back with an answer. */
import type { Person } from './person.ts'

/** What has to be known when the browser comes back. */
export interface Pending {
  /** Comes back with the answer: it belongs to this browser, and was not used before. */
  readonly state: string
  readonly nonce: string
  readonly verifier: string
}

export interface Begun {
  /** Where the browser is sent. */
  readonly url: string
  readonly pending: Pending
}

export interface Provider {
  /** @throws if it cannot be reached */
  begin(): Promise<Begun>
  /** The person, by the query that the browser brings. @throws if the answer is wrong, or the provider cannot be reached */
  end(query: string, pending: Pending): Promise<Person>
  /** Where the browser is sent to sign out there as well; undefined: there is no such place. */
  signOutUrl(): Promise<string | undefined>
  /** Whether an error of `end` says that the answer is wrong. */
  isRefusal(error: unknown): Promise<boolean>
}
