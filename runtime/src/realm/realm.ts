/** Who is signed in: asked of the source of users at sign-in, kept in the session, and asked again from time to time. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { messageOf } from '@spyglass/agent/contract'
import { clientNetwork, HashTurns } from '@spyglass/process/access'
import type { RealmConfig } from '@spyglass/process/checked-config'
import { clientAddressOf, type RefusalReason } from '@spyglass/process/listener'
import { wrongShape } from '@spyglass/process/durable-file'
import type { Logger } from '@spyglass/process/logger'
import type { Clock } from '../clock/index.ts'
import { Patience } from '../patience/index.ts'
import type { Session, Sessions } from '../session/index.ts'
import { addressesOf } from '../front/mounted-request.ts'
import { noteUser } from '../front/signed-in.ts'
import { RealmError } from './errors.ts'
import { type AccessRule, mayUse, type Roles, rolesFor } from './access-rules.ts'
import { ProviderSignIn } from './provider-sign-in.ts'
import { SignInLimit } from './sign-in-limit.ts'
import { sourceTypes } from './source/source-types.ts'
import type { Person, UserSource } from './source/user-source.ts'

export interface RealmOptions {
  readonly config: () => RealmConfig
  readonly source: () => UserSource
  readonly sessions: Sessions
  readonly logger: Logger
  readonly limit?: SignInLimit
  readonly now?: () => number
  /** For what a source may take. */
  readonly clock?: Clock
}

export interface SignIn {
  readonly user: string
  readonly password: string
}

/** A request, or an upgrade, that wants to pass. */
export interface Asked {
  readonly request: IncomingMessage
  /** Absent for an upgrade. */
  readonly response?: ServerResponse | undefined
  /** As the application sees it, for the log. */
  readonly path?: string
}

export type AccessRefusal = Extract<RefusalReason, 'sign_in_needed' | 'role_missing' | 'sign_on_unknown'>

/** What the session keeps, under a name that applications leave alone. */
const KEY = 'spyglass.signOn'

interface SignedIn extends Person {
  readonly realm: string
  readonly askedAt: number
}

const [UNSIGNED, FORBIDDEN, LATER, UNAVAILABLE] = [401, 403, 429, 503] as const
const BUSY_S = 1
/** A source that never answers must not keep the turns, nor the requests of who has signed in. */
const SILENT_MS = 30_000
/** More is no name; the log would keep it. */
const MAX_NAME = 256

export class Realm {
  readonly #options: RealmOptions
  readonly #limit: SignInLimit
  readonly #turns: HashTurns
  /** Apart, so that a source which is silent about one of them says nothing of the other. */
  readonly #patience: { readonly verify: Patience; readonly find: Patience }
  readonly #now: () => number
  #atProvider: ProviderSignIn | undefined

  constructor(options: RealmOptions) {
    this.#options = options
    this.#limit = options.limit ?? new SignInLimit()
    this.#turns = new HashTurns(sourceTypes[options.config().type].atOnce)
    this.#now = options.now ?? Date.now
    this.#patience = { verify: new Patience(options.clock), find: new Patience(options.clock) }
  }

  get name(): string {
    return this.#options.config().name
  }

  /**
   * Signs a visitor in: the session gets a new id, and every application with the same sessions knows who it is.
   * @throws SPY_SIGN_IN_WRONG (401), SPY_SIGN_IN_LATER (429), SPY_SIGN_IN_NO_SESSION and SPY_REALM_FAILED (503)
   */
  async signIn(request: IncomingMessage, response: ServerResponse, { user, password }: SignIn): Promise<Person> {
    const session = await this.#options.sessions.of(request, response)
    this.#checkAvailable(session)
    const client = clientAddressOf(request) ?? ''
    const person = await this.#verified({ user: textOf(user).slice(0, MAX_NAME), password: textOf(password) }, client)
    await this.#entered(session, person, request)
    return person
  }

  #checkAvailable({ isAvailable }: Session): void {
    if (!isAvailable) throw new RealmError('SPY_SIGN_IN_NO_SESSION', [this.name], { status: UNAVAILABLE })
  }

  async #entered(session: Session, person: Person, request: IncomingMessage): Promise<void> {
    await this.#enter(session, person)
    noteUser(request, person.name)
    this.#log('info', { user: person.name, roles: person.roles, client: clientAddressOf(request) }, 'signed in')
  }

  /** What is not stored under the new id is taken back: the end of the request would store it under the old one, which somebody may have planted. */
  async #enter(session: Session, person: Person): Promise<void> {
    const [{ data }, present, before] = [session, signedIn(session), Object.getOwnPropertyDescriptors(session.data)]
    if (present && (present.realm !== this.name || present.name !== person.name)) emptied(data)
    data[KEY] = this.#signOn(person)
    try {
      await session.regenerate()
    } catch (error) {
      Object.defineProperties(emptied(session.data), before)
      throw error
    }
  }

  #signOn({ name, roles }: Person): SignedIn {
    return { realm: this.name, name, roles, askedAt: this.#now() }
  }

  /** Ends the session: in all applications that have the same. @throws SPY_SIGN_IN_NO_SESSION (503): it cannot be ended, and counts again when its store is back */
  async signOut(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const session = await this.#options.sessions.of(request, response)
    this.#checkAvailable(session)
    const { name: user } = signedIn(session) ?? {}
    await session.destroy()
    if (user !== undefined) this.#log('info', { user, client: clientAddressOf(request) }, 'signed out')
  }

  /** Sign-on at a provider; undefined: people sign in here. */
  get provider(): ProviderSignIn | undefined {
    const { provider } = this.#options.source()
    if (!provider) return undefined
    return (this.#atProvider ??= new ProviderSignIn({
      ...this.#options,
      provider,
      now: this.#now,
      enter: (session, person, request) => this.#entered(session, person, request),
      signOut: (request, response) => this.signOut(request, response),
    }))
  }

  /** Who sent the request; undefined: nobody is signed in. @throws SPY_REALM_FAILED (503) */
  async personOf(request: IncomingMessage, response: ServerResponse): Promise<Person | undefined> {
    return await this.#personIn(await this.#options.sessions.of(request, response), request)
  }

  /**
   * The person, or nobody, if the rules let the request pass. Call it for each request before anything answers. Paths are those that the application
   * sees, also within a router that is mounted at one of them.
   * @throws SPY_SIGN_IN_NEEDED (401), SPY_ROLE_MISSING (403)
   *
   * @example
   * const rules = [{ path: '/admin/*', roles: ['administrator'] }]
   * app.use((request, response, next) => realm('staff').admit(request, response, rules).then((person) => next(), next))
   */
  async admit(request: IncomingMessage, response: ServerResponse, rules: readonly AccessRule[]): Promise<Person | undefined> {
    const roles = rolesFor(rules, request.method ?? '', ...addressesOf(request))
    const person = await this.personOf(request, response)
    const refusal = this.#judged({ request }, roles, person)
    if (refusal === 'role_missing') throw new RealmError('SPY_ROLE_MISSING', [], { status: FORBIDDEN })
    if (refusal) throw new RealmError('SPY_SIGN_IN_NEEDED', [], { status: UNSIGNED })
    return person
  }

  /** Why a request that is for these roles may not pass; undefined: it may. An upgrade has no response. Never rejects: what cannot be found out is refused. */
  async refusalOf(asked: Asked, roles: Roles): Promise<AccessRefusal | undefined> {
    try {
      return this.#judged(asked, roles, await this.#personBehind(asked))
    } catch (error) {
      this.#options.logger.error({ realm: this.name, err: error }, 'it cannot be found out who has signed in')
      return 'sign_on_unknown'
    }
  }

  async #personBehind({ request, response }: Asked): Promise<Person | undefined> {
    const { sessions } = this.#options
    return await this.#personIn(await (response ? sessions.of(request, response) : sessions.read(request)), request)
  }

  #judged({ request, path }: Pick<Asked, 'request' | 'path'>, roles: Roles, person: Person | undefined): AccessRefusal | undefined {
    if (roles === undefined || (person && roles !== 'nobody' && mayUse(roles, person))) return undefined
    const { method = '' } = request
    this.#log('warn', { user: person?.name, roles, method, path, client: clientAddressOf(request) }, 'access refused')
    return person ? 'role_missing' : 'sign_in_needed'
  }

  async #personIn(session: Session, request: IncomingMessage): Promise<Person | undefined> {
    const person = await this.#presentIn(session, request)
    if (person) noteUser(request, person.name)
    return person
  }

  async #presentIn(session: Session, request: IncomingMessage): Promise<Person | undefined> {
    const known = signedIn(session)
    if (known?.realm !== this.name) return undefined
    if (this.#isRecent(known)) return personOf(known)
    const person = await this.#asked(() => this.#inTime('find', () => this.#options.source().find(known.name)))
    if (person) {
      await session.update((data) => (data[KEY] = this.#signOn(person))) // several requests may ask at once
      return person
    }
    await session.destroy()
    this.#log('warn', { user: known.name, client: clientAddressOf(request) }, 'signed out, since the realm has the user no more')
    return undefined
  }

  /** What was asked at a time that is still to come was asked by another clock, or by this one before it was set back. */
  #isRecent({ askedAt }: SignedIn): boolean {
    const age = this.#now() - askedAt
    return age >= 0 && age < this.#maxAgeMs
  }

  /** A provider cannot be asked about somebody who is not there. */
  get #maxAgeMs(): number {
    const { type, recheckMs, openid } = this.#options.config()
    return type === 'openid' ? openid.maxAgeMs : recheckMs
  }

  async #verified(given: SignIn, client: string): Promise<Person> {
    this.#checkLimit(given, client)
    const found = (await this.#turns.take(clientNetwork(client), () => this.#compared(given, client))) ?? 'busy'
    if (found === 'busy') throw this.#later(BUSY_S)
    if (found !== 'wrong') return found
    this.#log('warn', { user: given.user, client }, 'sign-in refused')
    throw new RealmError('SPY_SIGN_IN_WRONG', [this.name], { status: UNSIGNED })
  }

  async #compared({ user, password }: SignIn, client: string): Promise<Person | 'wrong'> {
    const guess = { user, address: client }
    this.#checkLimit(guess, client) // others may have guessed while it waited for its turn
    const takeBack = this.#limit.count(guess)
    const found = await this.#asked(() => this.#inTime('verify', () => this.#options.source().verify(user, password, client))).catch(
      (error: unknown) => {
        takeBack()
        throw error
      },
    )
    if (!found) return 'wrong'
    takeBack()
    this.#limit.right(guess)
    return found
  }

  /** @throws SPY_SIGN_IN_LATER: the password is not even looked at, and may be right */
  #checkLimit({ user }: Pick<SignIn, 'user'>, address: string): void {
    const owedMs = this.#limit.owedMs({ user, address })
    if (owedMs === 0) return
    this.#log('warn', { user, client: address }, 'sign-in refused unseen, after too many wrong passwords')
    throw this.#later(Math.ceil(owedMs / 1000))
  }

  #inTime(what: 'verify' | 'find', question: () => Promise<Person | undefined>): Promise<Person | undefined> {
    const silent = (): Error => wrongShape(`no answer within ${SILENT_MS} ms`)
    return this.#patience[what].answer({ ask: async () => checked(await question()), timeoutMs: SILENT_MS, silent })
  }

  #later(seconds: number): RealmError {
    return new RealmError('SPY_SIGN_IN_LATER', [this.name, seconds], { status: LATER, retryAfterS: seconds })
  }

  async #asked<T>(question: () => Promise<T>): Promise<T> {
    try {
      return await question()
    } catch (error) {
      this.#options.logger.error({ realm: this.name, err: error }, 'the users of a realm cannot be asked for')
      throw new RealmError('SPY_REALM_FAILED', [this.name, messageOf(error)], { status: UNAVAILABLE, retryAfterS: BUSY_S }, error)
    }
  }

  #log(level: 'info' | 'warn', fields: object, message: string): void {
    this.#options.logger[level]({ realm: this.name, ...fields }, message)
  }
}

/** Forms and JSON bring lists and objects as well, which a query of a module would take for conditions. They are nobody's name. */
const textOf = (given: unknown): string => (typeof given === 'string' ? given : '')

/** A module may give a row of a table: no more than name and roles is kept. Roles that are one text would have every part of it as a role. */
function checked(given: Person | undefined): Person | undefined {
  if (!given) return undefined
  const { name, roles } = given
  const isPerson = typeof name === 'string' && Array.isArray(roles) && roles.every((role) => typeof role === 'string')
  if (!isPerson) throw wrongShape('a person needs a name and a list of roles')
  return { name, roles }
}

/** What is in a session is for the eyes of who has signed in to it. */
function emptied(data: Session['data']): Session['data'] {
  for (const name of Object.keys(data)) delete data[name]
  return data
}

const signedIn = ({ data }: Session): SignedIn | undefined => data[KEY] as SignedIn | undefined

const personOf = ({ name, roles }: SignedIn): Person => ({ name, roles })
