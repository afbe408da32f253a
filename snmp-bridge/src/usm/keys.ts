/**
 * Keys of the User-based Security Model: usmHMAC192SHA256AuthProtocol (RFC 7860) and usmAesCfb128PrivProtocol (RFC 3826).
 * Stretching a password hashes 1 MiB, so we do it once per password; localizing the result for an engine is a single hash.
 */
import { createHash, createSecretKey, type KeyObject } from 'node:crypto'

const STRETCHED_BYTES = 1_048_576
const PRIVACY_KEY_BYTES = 16

export interface MasterKeys {
  readonly auth: Buffer
  readonly priv: Buffer
}

export interface LocalizedKeys {
  readonly auth: KeyObject
  readonly priv: KeyObject
}

/** RFC 3414 §A.2 with SHA-256: the password repeated to 1 MiB, hashed. */
export function stretchPassword(password: string): Buffer {
  const bytes = Buffer.from(password, 'utf8')
  return createHash('sha256').update(Buffer.alloc(STRETCHED_BYTES, bytes)).digest()
}

export function masterKeys(authPassword: string, privPassword: string): MasterKeys {
  return { auth: stretchPassword(authPassword), priv: stretchPassword(privPassword) }
}

export function localizeKeys(master: MasterKeys, engineId: Buffer): LocalizedKeys {
  return {
    auth: createSecretKey(localize(master.auth, engineId)),
    priv: createSecretKey(localize(master.priv, engineId).subarray(0, PRIVACY_KEY_BYTES)),
  }
}

function localize(key: Buffer, engineId: Buffer): Buffer {
  return createHash('sha256').update(key).update(engineId).update(key).digest()
}
