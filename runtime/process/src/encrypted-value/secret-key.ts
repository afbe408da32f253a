/** The key for encrypted values: a file that `SPYGLASS_SECRET_KEY_FILE` names, or the text of `SPYGLASS_SECRET_KEY`. */
import { randomBytes } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { messageOf } from '@spyglass/agent/contract'
import { fail } from './errors.ts'

const FILE = 'SPYGLASS_SECRET_KEY_FILE'
const TEXT = 'SPYGLASS_SECRET_KEY'
const KEY_BYTES = 32

type Environment = Readonly<Record<string, string | undefined>>

/**
 * `name` is the value that needs it.
 * @throws SPY_SECRET_KEY_MISSING, SPY_SECRET_KEY_INVALID
 */
export function secretKey(name: string, env: Environment = process.env): Buffer {
  const [file, text] = [env[FILE], env[TEXT]]
  if (file !== undefined && file !== '') return readKey(file)
  if (text !== undefined && text !== '') return keyOf(text, TEXT)
  throw fail('SPY_SECRET_KEY_MISSING', [name])
}

/** @throws SPY_SECRET_KEY_INVALID */
export function readKey(file: string): Buffer {
  try {
    const { mode } = statSync(file)
    const text = readFileSync(file, 'utf8')
    if ((mode & 0o077) === 0) return keyOf(text, file)
  } catch (error) {
    throw fail('SPY_SECRET_KEY_INVALID', [messageOf(error)], error)
  }
  throw fail('SPY_SECRET_KEY_INVALID', [`${file} is open to other users (chmod 600 ${file} closes it)`])
}

/** A new key in a new file of mode 0600. @throws SPY_SECRET_KEY_INVALID, also when the file is there */
export function makeKey(file: string): void {
  try {
    writeFileSync(file, `${randomBytes(KEY_BYTES).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    throw fail('SPY_SECRET_KEY_INVALID', [messageOf(error)], error)
  }
}

function keyOf(text: string, origin: string): Buffer {
  const key = /^[\w-]+=*\s*$/.test(text) ? Buffer.from(text.trim(), 'base64url') : Buffer.alloc(0)
  if (key.length >= KEY_BYTES) return key
  throw fail('SPY_SECRET_KEY_INVALID', [`${origin} does not hold ${KEY_BYTES} bytes as base64url`])
}
