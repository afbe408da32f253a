/**
 * Sign-on at a provider, as requests see it: the browser is sent there, comes back to the callback path, and goes on where it wanted to. What is known in
 * between is in the session of the browser, so that an answer counts once, and only for the browser that has asked.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { messageOf } from '@spyglass/agent/contract'
import type { RealmConfig } from '@spyglass/process/checked-config'
import type { Logger } from '@spyglass/process/logger'
import type { Session, Sessions } from '../session/index.ts'
import { RealmError } from './errors.ts'
import { LIFE_MS, localPath, type PendingSignIn, takePending, withPending } from './pending-sign-ins.ts'
import type { Provider } from './source/provider.ts'
import type { Person } from './source/user-source.ts'

/** What the session keeps, under a name that applications leave alone. */
const KEY = 'spyglass.signIn'
const [WRONG, UNAVAILABLE] = [400, 503] as const

export interface ProviderSignInOptions {
  readonly config: () => RealmConfig
  readonly provider: Provider
  readonly sessions: Sessions
  readonly logger: Logger
  /** The session becomes that of the person, under another id. */
  readonly enter: (session: Session, person: Person, request: IncomingMessage) => Promise<void>
  readonly signOut: (request: IncomingMessage, response: ServerResponse) => Promise<void>
  readonly now: () => number
}

export class ProviderSignIn {
  readonly #options: ProviderSignInOptions

  constructor(options: ProviderSignInOptions) {
    this.#options = options
  }

  /** Whether a request is for the sign-on and not for the application. Path and query as the application sees them. */
  isFor(method: string | undefined, url: string): boolean {
    const { callbackPath, signOutPath } = this.#options.config().openid
    const [path] = splitAt(url)
    return (path === callbackPath && method === 'GET') || (path === signOutPath && method === 'POST')
  }

  /** Where the browser goes next. @throws SPY_SIGN_IN_UNFINISHED (400), SPY_SIGN_IN_NO_SESSION and SPY_REALM_FAILED (503) */
  async answer(request: IncomingMessage, response: ServerResponse, url: string): Promise<string> {
    return request.method === 'POST' ? await this.#signOut(request, response) : await this.#end(request, response, splitAt(url)[1])
  }

  /** Where the browser is sent to sign in. When it is back, it goes on at that path of its host. @throws SPY_SIGN_IN_NO_SESSION, SPY_REALM_FAILED (503) */
  async begin(request: IncomingMessage, response: ServerResponse, returnTo: string): Promise<string> {
    const session = await this.#sessionOf(request, response)
    const { provider, now } = this.#options
    const { url, pending } = await this.#asked(() => provider.begin())
    const kept = { ...pending, realm: this.#name, returnTo: localPath(returnTo), at: now() }
    if (session.isNew) session.expireAfter(LIFE_MS) // each request without a cookie begins another one
    await session.update((data) => (data[KEY] = withPending(data[KEY], kept)))
    return url
  }

  async #end(request: IncomingMessage, response: ServerResponse, query: string): Promise<string> {
    const session = await this.#sessionOf(request, response)
    const pending = await this.#taken(session, new URLSearchParams(query).get('state') ?? '')
    if (pending?.realm !== this.#name)
      throw this.#unfinished('this browser has not begun it, has finished it before, or has taken too long')
    const person = await this.#asked(() => this.#options.provider.end(query, pending))
    await this.#options.enter(session, person, request)
    return pending.returnTo
  }

  /** Of several requests with the same answer only one gets it. */
  async #taken(session: Session, state: string): Promise<PendingSignIn | undefined> {
    if (session.data[KEY] === undefined) return undefined
    const now = this.#options.now()
    let taken: PendingSignIn | undefined
    await session.update((data) => {
      const [found, left] = takePending(data[KEY], state, now)
      taken = found
      data[KEY] = left
    })
    return taken
  }

  /** Here in any case; there if it can be reached. */
  async #signOut(request: IncomingMessage, response: ServerResponse): Promise<string> {
    const { signOut, provider, logger } = this.#options
    await signOut(request, response)
    try {
      return (await provider.signOutUrl()) ?? '/'
    } catch (error) {
      logger.warn({ realm: this.#name, err: error }, 'signed out here, and not at the provider, which cannot be reached')
      return '/'
    }
  }

  async #sessionOf(request: IncomingMessage, response: ServerResponse): Promise<Session> {
    const session = await this.#options.sessions.of(request, response)
    if (!session.isAvailable) throw new RealmError('SPY_SIGN_IN_NO_SESSION', [this.#name], { status: UNAVAILABLE })
    return session
  }

  async #asked<T>(question: () => Promise<T>): Promise<T> {
    try {
      return await question()
    } catch (error) {
      if (await this.#options.provider.isRefusal(error)) throw this.#unfinished(messageOf(error), error)
      this.#options.logger.error({ realm: this.#name, err: error }, 'the provider of a realm cannot be asked')
      throw new RealmError('SPY_REALM_FAILED', [this.#name, messageOf(error)], { status: UNAVAILABLE, retryAfterS: 1 }, error)
    }
  }

  #unfinished(why: string, cause?: unknown): RealmError {
    this.#options.logger.warn({ realm: this.#name, err: cause, why }, 'sign-in at the provider refused')
    return new RealmError('SPY_SIGN_IN_UNFINISHED', [], { status: WRONG }, cause)
  }

  get #name(): string {
    return this.#options.config().name
  }
}

function splitAt(url: string): readonly [path: string, query: string] {
  const at = url.indexOf('?')
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)]
}
