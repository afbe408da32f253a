/** The users and tokens of a server: who they are, and how they are added and taken away. Pure: identity-file.ts keeps them. */
import { createHash, randomInt } from 'node:crypto'
import { errorsOf, type Role, roles } from '@spyglass/agent/contract'
import { accessErrors } from './errors.ts'
import { isPasswordHash } from './password-hash.ts'

const fail = errorsOf(accessErrors)

export interface User {
  readonly name: string
  readonly role: Role
  /** As `hashPassword` makes it. */
  readonly password: string
  /** In milliseconds since the epoch. */
  readonly created: number
  readonly createdBy: string
}

export interface Token {
  /** Its public part, by which it is listed and revoked. */
  readonly id: string
  /** What it is for: the history names `token NAME`. */
  readonly name: string
  readonly role: Role
  /** SHA-256 of the secret part, in base64url: it has 256 random bits, so that nothing slower is needed. */
  readonly hash: string
  readonly created: number
  readonly createdBy: string
  /** In milliseconds since the epoch; without it the token does not expire. */
  readonly expires?: number
}

export interface Identities {
  readonly users: readonly User[]
  readonly tokens: readonly Token[]
}

export const nobody: Identities = { users: [], tokens: [] }

const NAME = /^[\p{L}\p{N}][\p{L}\p{N}._@-]{0,63}$/u
const MAX_USERS = 1000
const MAX_TOKENS = 1000
const MIN_PASSWORD_LENGTH = 12
const MAX_PASSWORD_LENGTH = 1024

/** @throws SPY_USER_EXISTS, SPY_USER_INVALID */
export function withUser(identities: Identities, user: User, reserved: readonly string[] = []): Identities {
  if (!NAME.test(user.name)) throw fail('SPY_USER_INVALID', [user.name, 'a name has letters, digits, . _ @ and -, at most 64'])
  if (reserved.includes(user.name) || identities.users.some(({ name }) => name === user.name)) throw fail('SPY_USER_EXISTS', [user.name])
  if (identities.users.length >= MAX_USERS) throw fail('SPY_USER_INVALID', [user.name, `there are ${MAX_USERS} users`])
  return { ...identities, users: [...identities.users, user] }
}

/** @throws SPY_USER_UNKNOWN */
export function withPassword(identities: Identities, name: string, password: string): Identities {
  if (!identities.users.some((user) => user.name === name)) throw fail('SPY_USER_UNKNOWN', [name])
  return { ...identities, users: identities.users.map((user) => (user.name === name ? { ...user, password } : user)) }
}

/** @throws SPY_USER_UNKNOWN */
export function withoutUser(identities: Identities, name: string): Identities {
  if (!identities.users.some((user) => user.name === name)) throw fail('SPY_USER_UNKNOWN', [name])
  return { ...identities, users: identities.users.filter((user) => user.name !== name) }
}

/** Those that have expired are forgotten. @throws SPY_TOKEN_INVALID */
export function withToken(identities: Identities, token: Token): Identities {
  if (!NAME.test(token.name)) throw fail('SPY_TOKEN_INVALID', ['a name has letters, digits, . _ @ and -, at most 64'])
  const tokens = identities.tokens.filter((known) => !isExpired(known, token.created))
  if (tokens.length >= MAX_TOKENS) throw fail('SPY_TOKEN_INVALID', [`there are ${MAX_TOKENS} tokens; revoke what is not used`])
  return { ...identities, tokens: [...tokens, token] }
}

/** @throws SPY_TOKEN_UNKNOWN */
export function withoutToken(identities: Identities, id: string): Identities {
  if (!identities.tokens.some((token) => token.id === id)) throw fail('SPY_TOKEN_UNKNOWN', [id])
  return { ...identities, tokens: identities.tokens.filter((token) => token.id !== id) }
}

/** @throws SPY_USER_INVALID for a password that is easily guessed */
export function checkPassword(name: string, password: string): void {
  const { length } = Array.from(password)
  if (length >= MIN_PASSWORD_LENGTH && length <= MAX_PASSWORD_LENGTH && password !== name) return
  throw fail('SPY_USER_INVALID', [name, `a password has ${MIN_PASSWORD_LENGTH} to ${MAX_PASSWORD_LENGTH} characters and is not the name`])
}

export const isExpired = ({ expires }: Token, now: number): boolean => expires !== undefined && expires <= now

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const random = (length: number): string => Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')

/** A new token: what is given away once, and what is kept. `spy_ID_SECRET`: the prefix lets scanners of leaked secrets find it. */
export function newToken(): { readonly text: string; readonly id: string; readonly hash: string } {
  const [id, secret] = [random(10), random(43)]
  return { text: `spy_${id}_${secret}`, id, hash: tokenHash(secret) }
}

/** The parts of a token; undefined for a text that is none of ours. */
export function parseToken(text: string): { readonly id: string; readonly secret: string } | undefined {
  const [, id, secret] = /^spy_([A-Za-z0-9]{10})_([A-Za-z0-9]{43})$/.exec(text) ?? []
  return id === undefined || secret === undefined ? undefined : { id, secret }
}

export const tokenHash = (secret: string): string => createHash('sha256').update(secret).digest('base64url')

/** A generated password: 24 letters and digits that are not easily confused, 139 bits. */
export const newPassword = (): string => Array.from({ length: 24 }, () => READABLE[randomInt(READABLE.length)]).join('')
const READABLE = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789'

/** What a state file holds. Throws, with the reason, if it has another shape. */
export function parseIdentities(content: unknown): Identities {
  const { users, tokens } = (content ?? {}) as Partial<Identities>
  if (Array.isArray(users) && users.every(isUser) && Array.isArray(tokens) && tokens.every(isToken)) return { users, tokens }
  throw fail('SPY_IDENTITIES_SHAPE')
}

function isUser(value: unknown): value is User {
  const { name, role, password, created, createdBy } = (value ?? {}) as Partial<User>
  const texts = typeof name === 'string' && typeof createdBy === 'string' && typeof created === 'number'
  return texts && isRole(role) && typeof password === 'string' && isPasswordHash(password)
}

function isToken(value: unknown): value is Token {
  const { id, name, role, hash, created, createdBy, expires } = (value ?? {}) as Partial<Token>
  const texts = [id, name, hash, createdBy].every((text) => typeof text === 'string') && typeof created === 'number'
  return texts && isRole(role) && (expires === undefined || typeof expires === 'number')
}

const isRole = (value: unknown): value is Role => roles.some((role) => role === value)
