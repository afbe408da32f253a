/**
 * Elements of procedure of the User-based Security Model (RFC 3414 §3.2) for requests to this engine. The order is the RFC's: engine,
 * user, level, digest, time, and only then decryption. No key is derived for an engine id that a packet claims.
 */
import { BerReader } from '../ber/reader.ts'
import { tag } from '../ber/tags.ts'
import type { EngineCounters } from '../counters.ts'
import { decipher, isAuthentic, type UsmParameters, type V3Header } from './v3-message.ts'
import { type EngineClock, isTimely } from './engine-clock.ts'
import type { LocalizedKeys } from './keys.ts'

/** Counters that are reported to the sender when they increase. */
export type ReportedCounter =
  | 'unsupportedSecurityLevels'
  | 'notInTimeWindows'
  | 'unknownUserNames'
  | 'unknownEngineIds'
  | 'wrongDigests'
  | 'decryptionErrors'
  | 'unknownContexts'
  | 'unknownPduHandlers'

export type UsmResult =
  | { readonly ok: true; readonly user: User; readonly scopedPdu: BerReader }
  /** `signedFor`: the sender is authenticated, so the report is signed with this user's key. */
  | { readonly ok: false; readonly report: ReportedCounter; readonly signedFor?: User }

export interface User {
  readonly name: Buffer
  readonly keys: LocalizedKeys
}

/** The known users; vacm decides what each may do. */
export interface Users {
  /** The v3 user of this name. */
  user(name: Buffer): User | undefined
}

export interface UsmOptions {
  readonly clock: EngineClock
  readonly policy: Users
  readonly counters: EngineCounters
}

export function processIncoming(reader: BerReader, header: V3Header, parameters: UsmParameters, options: UsmOptions): UsmResult {
  const result = verify(reader, header, parameters, options)
  if (!result.ok) options.counters[result.report]++
  return result
}

function verify(reader: BerReader, header: V3Header, parameters: UsmParameters, { clock, policy }: UsmOptions): UsmResult {
  if (!parameters.engineId.equals(clock.engineId)) return { ok: false, report: 'unknownEngineIds' }
  const user = policy.user(parameters.user)
  if (!user) return { ok: false, report: 'unknownUserNames' }
  if (!header.auth || !header.priv) return { ok: false, report: 'unsupportedSecurityLevels' }
  if (!isAuthentic(reader.bytes, parameters, user.keys.auth)) return { ok: false, report: 'wrongDigests' }
  if (!isTimely(clock, parameters.boots, parameters.time)) return { ok: false, report: 'notInTimeWindows', signedFor: user }
  const plain = decipher(reader.octets(tag.octets), parameters, user.keys.priv)
  if (!plain) return { ok: false, report: 'decryptionErrors', signedFor: user }
  return { ok: true, user, scopedPdu: new BerReader(plain) }
}
