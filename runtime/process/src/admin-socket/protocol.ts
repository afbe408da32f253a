/**
 * The protocol of the local administration socket: one JSON document a line in both directions, UTF-8. A client numbers its requests and may
 * send the next before the last is answered; answers carry the number of their request and may come in another order.
 *
 *     → {"id":1,"method":"get","params":{"names":["server.*"]}}
 *     ← {"id":1,"result":[…]}
 *     ← {"id":2,"error":{"code":"SPY_NAME_UNKNOWN","message":"…"}}
 *
 * A method that follows something (`logs`) sends any number of `{"id":3,"item":…}` before its result. Every server answers `ping`: the socket outlives the
 * process that serves it, so that a connection alone does not say that somebody is there.
 */

import { type Role, roles } from '@spyglass/agent/contract'
import { fail } from './errors.ts'

export const PING = 'ping'

export type Parameters = Readonly<Record<string, unknown>>

export interface AdminRequest {
  readonly id: number
  readonly method: string
  readonly params: Parameters
  /** Name of the user for whom it asks: root for the user of `sudo`, management for that of an HTTP request. */
  readonly user?: string
  /** The role in which it asks. Default: administrator, which everybody is who can open the socket. */
  readonly role?: Role
}

export type AdminReply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly item: unknown }
  | { readonly id: number; readonly error: WireError }

export interface WireError {
  readonly code: string
  readonly message: string
}

/** Longest line in either direction, in characters. */
export const MAX_LINE_LENGTH = 8_388_608

/** A request, or what is wrong with it. */
export function parseRequest(line: string): AdminRequest | string {
  const content = parsed(line)
  if (!isRecord(content)) return 'not a JSON object'
  const { id, method, params = {}, user, role } = content
  if (!Number.isSafeInteger(id)) return 'id is not a whole number'
  if (typeof method !== 'string' || method === '') return 'method is missing'
  if (!isRecord(params)) return 'params is not an object'
  if (user !== undefined && !isUserName(user)) return 'user is not the name of a user'
  if (role !== undefined && !isRole(role)) return 'role is not a role'
  return { id: id as number, method, params, ...(user === undefined ? {} : { user }), ...(role === undefined ? {} : { role }) }
}

/** A reply; undefined for anything else. */
export function parseReply(line: string): AdminReply | undefined {
  const content = parsed(line)
  if (!isRecord(content) || !Number.isSafeInteger(content['id'])) return undefined
  return 'result' in content || 'item' in content || isWireError(content['error']) ? (content as unknown as AdminReply) : undefined
}

/** Splits what arrives into lines; what is not ended yet is kept. `push` throws SPY_LOCAL_REQUEST on a line longer than `maxLength`. */
export class Lines {
  readonly #maxLength: number
  #rest = ''

  constructor(maxLength: number = MAX_LINE_LENGTH) {
    this.#maxLength = maxLength
  }

  push(text: string): readonly string[] {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() ?? ''
    if (this.#rest.length > this.#maxLength || lines.some((line) => line.length > this.#maxLength))
      throw fail('SPY_LOCAL_REQUEST', [`a line is longer than ${this.#maxLength} characters`])
    return lines.filter((line) => line.trim() !== '')
  }
}

/** A line of the protocol. `bigint` travels as a number where it is exact, and as text beyond. */
export function lineOf(document: AdminRequest | AdminReply): string {
  return `${JSON.stringify(document, (_, value: unknown) => (typeof value === 'bigint' ? plain(value) : value))}\n`
}

const isUserName = (value: unknown): value is string => typeof value === 'string' && /^[\p{L}\p{N}][\p{L}\p{N}._@ -]{0,79}$/u.test(value)

const isRole = (value: unknown): value is Role => roles.some((role) => role === value)

const plain = (value: bigint): number | string => (Number.isSafeInteger(Number(value)) ? Number(value) : String(value))

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined // reported by the caller
  }
}

function isRecord(value: unknown): value is Parameters {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isWireError(value: unknown): value is WireError {
  return isRecord(value) && typeof value['code'] === 'string' && typeof value['message'] === 'string'
}
