/** Finds out who is calling, on every port: one set of users and tokens, the credentials of secrets.yaml among them, and one guard. */
import { createHmac, randomBytes } from 'node:crypto'
import { clientNetwork } from './client-network.ts'
import { type Credentials, isRight, isSame, parseBasic, parseBearer } from './credentials.ts'
import type { GuessDelay } from './guess-delay.ts'
import { HashTurns } from './hash-turns.ts'
import { type Identities, isExpired, parseToken, tokenHash } from './identities.ts'
import { isPasswordOf } from './password-hash.ts'
import type { Principal } from './role.ts'

/** Credentials of secrets.yaml. */
export type OwnCredential = Omit<Principal, 'source'> &
  ({ readonly credentials: Credentials; readonly token?: undefined } | { readonly token: string; readonly credentials?: undefined })

export interface AuthenticatorOptions {
  readonly own: readonly OwnCredential[]
  /** `isFresh`: as they are now; otherwise they may be half a second old. */
  readonly identities: (isFresh?: boolean) => Identities
  readonly guesses: GuessDelay
  readonly now?: () => number
}

/** What a client sent to prove who it is. */
export interface Proof {
  readonly credentials?: Credentials | undefined
  readonly token?: string | undefined
}

export type Verdict =
  | { readonly principal: Principal }
  /** `none`: it sent nothing; `wrong`: nothing that is known; `later`: it must wait before it guesses again. */
  | { readonly refused: 'none' }
  | { readonly refused: 'wrong' }
  | { readonly refused: 'later'; readonly seconds: number }

export interface Authenticator {
  /** Delays the answer to wrong credentials; the right ones pass at once. */
  admit(proof: Proof, from: { readonly address: string; readonly gone?: AbortSignal }): Promise<Verdict>
  /** Whether what a principal's rights come from is still there: the user with that password, the token. */
  isCurrent(principal: Principal): boolean
}

const OWN = 'secrets.yaml'

/** When a password may be tried again that was not looked at, because too many of the same client are waiting. */
const BUSY_SECONDS = 1

export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  return new StandardAuthenticator(options)
}

/** The proof in an `Authorization` header: Basic (RFC 7617) or Bearer (RFC 6750). */
export function proofOf(authorization: string | undefined): Proof {
  return { credentials: parseBasic(authorization), token: parseBearer(authorization) }
}

class StandardAuthenticator implements Authenticator {
  readonly #options: AuthenticatorOptions
  readonly #now: () => number
  readonly #verified = new VerifiedPasswords()
  readonly #turns = new HashTurns()

  constructor(options: AuthenticatorOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
  }

  async admit(proof: Proof, { address, gone }: { readonly address: string; readonly gone?: AbortSignal }): Promise<Verdict> {
    const { credentials, token } = proof
    if (credentials === undefined && token === undefined) return { refused: 'none' }
    const known = this.#options.identities()
    const client = clientNetwork(address)
    let found = await this.#principalOf(proof, client)
    if (found === undefined && this.#options.identities(true) !== known) found = await this.#principalOf(proof, client)
    if (found === 'busy') return { refused: 'later', seconds: BUSY_SECONDS } // it may be right, so it is not called wrong
    if (found) return { principal: found }
    const seconds = await this.#options.guesses.afterWrong({ address, user: credentials?.user ?? '' }, gone)
    return seconds === 0 ? { refused: 'wrong' } : { refused: 'later', seconds }
  }

  isCurrent({ source, role }: Principal): boolean {
    if (source === OWN) return true
    const { users, tokens } = this.#options.identities()
    const isToken = tokens.some((token) => token.id === source && token.role === role && !isExpired(token, this.#now()))
    return isToken || users.some((user) => user.password === source && user.role === role)
  }

  async #principalOf({ credentials, token }: Proof, client: string): Promise<Principal | 'busy' | undefined> {
    return this.#byToken(token ?? credentials?.password) ?? (await this.#byPassword(credentials, client))
  }

  /** A token may also be sent as a password, for clients that know only Basic. */
  #byToken(text = ''): Principal | undefined {
    const own = this.#options.own.find(({ token }) => token !== undefined && isSame(text, token))
    if (own) return { actor: own.actor, role: own.role, source: OWN }
    const parts = parseToken(text)
    const known = parts && this.#options.identities().tokens.find(({ id }) => id === parts.id)
    if (!parts || !known || !isSame(tokenHash(parts.secret), known.hash) || isExpired(known, this.#now())) return undefined
    return { actor: `token ${known.name}`, role: known.role, source: known.id }
  }

  async #byPassword(given: Credentials | undefined, client: string): Promise<Principal | 'busy' | undefined> {
    if (!given) return undefined
    const own = this.#options.own.find(({ credentials }) => credentials && isRight(given, credentials))
    if (own) return { actor: own.actor, role: own.role, source: OWN }
    const { users } = this.#options.identities()
    if (users.length === 0) return undefined
    const user = users.find(({ name }) => name === given.user)
    const hash = (user ?? users[0])?.password ?? '' // the answer to a name that does not exist takes as long as to one that does
    const isRightPassword =
      this.#verified.has(given.password, hash) || (await this.#turns.take(client, () => this.#check(given.password, hash)))
    if (isRightPassword === undefined) return 'busy'
    return user && isRightPassword ? { actor: user.name, role: user.role, source: hash } : undefined
  }

  async #check(password: string, hash: string): Promise<boolean> {
    const isRightPassword = await isPasswordOf(password, hash)
    if (isRightPassword) this.#verified.add(password, hash)
    return isRightPassword
  }
}

/**
 * Passwords that were right: a client that sends its password with every request costs one hash, not one each. They are kept as a digest with a
 * key of this process, beside the hash that they belong to, so that a changed password is not in it.
 */
class VerifiedPasswords {
  readonly #key = randomBytes(32)
  readonly #digests = new Set<string>()

  has(password: string, hash: string): boolean {
    return this.#digests.has(this.#digest(password, hash))
  }

  add(password: string, hash: string): void {
    if (this.#digests.size >= MAX_VERIFIED) this.#digests.clear()
    this.#digests.add(this.#digest(password, hash))
  }

  #digest(password: string, hash: string): string {
    return createHmac('sha256', this.#key).update(`${hash}\n${password}`).digest('base64')
  }
}

const MAX_VERIFIED = 1000
