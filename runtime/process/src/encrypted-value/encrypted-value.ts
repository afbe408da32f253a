/**
 * Encrypted values in spyglass.yaml and secrets.yaml: `encrypted:v1:ALGORITHM:…`, where the rest is salt (16 bytes), IV, seal and text as base64url. Of
 * the secret key a key of its own is derived for each value (HKDF, RFC 5869).
 */
import { randomBytes } from 'node:crypto'
import { type AlgorithmName, algorithms } from './algorithms.ts'
import { fail } from './errors.ts'

const PREFIX = 'encrypted:v1:'
const SALT_BYTES = 16

export const isEncrypted = (value: unknown): value is string => typeof value === 'string' && value.startsWith('encrypted:')

export function encryptValue(plain: string, key: Buffer, algorithm: AlgorithmName = 'aes-256-gcm'): string {
  const { ivBytes, seal } = algorithms[algorithm]
  const header = `${PREFIX}${algorithm}:`
  const [salt, iv] = [randomBytes(SALT_BYTES), randomBytes(ivBytes)]
  return header + Buffer.concat([salt, iv, seal({ key, salt, iv, header, plain: Buffer.from(plain) })]).toString('base64url')
}

/** `name` is for messages. @throws SPY_SECRET_UNREADABLE */
export function decryptValue(text: string, key: Buffer, name = 'the value'): string {
  const match = /^encrypted:v1:([\w-]+):([\w-]+)$/.exec(text.trim())
  const algorithm = match?.[1]
  if (algorithm === undefined || !Object.hasOwn(algorithms, algorithm))
    throw fail('SPY_SECRET_UNREADABLE', [
      name,
      `it is not of the form ${PREFIX}ALGORITHM:TEXT with one of ${Object.keys(algorithms).join(', ')}`,
    ])
  const { ivBytes, open } = algorithms[algorithm as AlgorithmName]
  const bytes = Buffer.from(match?.[2] ?? '', 'base64url')
  const [salt, iv, sealed] = [
    bytes.subarray(0, SALT_BYTES),
    bytes.subarray(SALT_BYTES, SALT_BYTES + ivBytes),
    bytes.subarray(SALT_BYTES + ivBytes),
  ]
  const plain = iv.length === ivBytes ? open({ key, salt, iv, sealed, header: `${PREFIX}${algorithm}:` }) : undefined
  if (plain === undefined) throw fail('SPY_SECRET_UNREADABLE', [name, 'it was made with another key, or was changed'])
  return plain.toString('utf8')
}

/**
 * The same tree with every encrypted text decrypted; `key` is called when there is one. Messages name a value by its path after `origin`.
 * @throws SPY_SECRET_UNREADABLE, and what `key` throws
 */
export function withDecrypted<T>(tree: T, key: (name: string) => Buffer, origin: string): T {
  return decryptedIn(tree, { key, name: origin }) as T
}

interface Place {
  readonly key: (name: string) => Buffer
  readonly name: string
}

function decryptedIn(value: unknown, { key, name }: Place): unknown {
  if (isEncrypted(value)) return decryptValue(value, key(name), name)
  if (Array.isArray(value)) return value.map((entry, at) => decryptedIn(entry, { key, name: `${name}[${at}]` }))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([part, below]) => [part, decryptedIn(below, { key, name: `${name} ${part}`.trim() })]),
  )
}
