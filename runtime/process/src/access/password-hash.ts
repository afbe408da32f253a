/** Passwords are kept as scrypt hashes (RFC 7914), with their parameters beside them, so that these can grow. */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'

/** OWASP's recommendation for scrypt: N = 2^15, r = 8, p = 3 costs 32 MiB and about 0.1 s. */
const COST = 32_768
const BLOCK_SIZE = 8
const PARALLELISM = 3
const KEY_BYTES = 32
const SALT_BYTES = 16
/** A file that somebody wrote must not make a process use all memory. */
const MAX_COST = 262_144

/** `scrypt$N$r$p$SALT$KEY`, salt and key in base64url. `cost` is N, a power of two. */
export async function hashPassword(password: string, cost: number = COST): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  const key = await derived(password, salt, { cost, blockSize: BLOCK_SIZE, parallelization: PARALLELISM })
  return ['scrypt', cost, BLOCK_SIZE, PARALLELISM, salt.toString('base64url'), key.toString('base64url')].join('$')
}

/** Whether a password is the one of the hash. False for a hash that is malformed. */
export async function isPasswordOf(password: string, hash: string): Promise<boolean> {
  const [, cost = '', blockSize = '', parallelization = '', salt = '', key = ''] = PATTERN.exec(hash) ?? []
  if (key === '' || Number(cost) > MAX_COST) return false
  const wanted = Buffer.from(key, 'base64url')
  const given = await derived(password, Buffer.from(salt, 'base64url'), {
    cost: Number(cost),
    blockSize: Number(blockSize),
    parallelization: Number(parallelization),
  })
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

/** Whether a text is a hash of this kind. */
export const isPasswordHash = (text: string): boolean => PATTERN.test(text)

const PATTERN = /^scrypt\$(\d{1,7})\$(\d{1,2})\$(\d{1,2})\$([\w-]{8,})\$([\w-]{43})$/

interface Parameters {
  readonly cost: number
  readonly blockSize: number
  readonly parallelization: number
}

function derived(password: string, salt: Buffer, { cost, blockSize, parallelization }: Parameters): Promise<Buffer> {
  const options = { N: cost, r: blockSize, p: parallelization, maxmem: 256 * cost * blockSize }
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, KEY_BYTES, options, (error, key) => (error ? reject(error) : resolve(key)))
  })
}
