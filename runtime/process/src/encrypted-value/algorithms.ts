/**
 * The two ways in which a value is encrypted; both also detect any change of it. Node has no `sm4-gcm` (OpenSSL does, but not under a name that
 * `createCipheriv` finds), so SM4 runs in CBC and is sealed with an HMAC of SM3 over everything before it.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'

export interface Algorithm {
  readonly ivBytes: number
  /** `header` is authenticated with the value, but not part of the result. */
  readonly seal: (input: SealInput) => Buffer
  /** Undefined: the text was changed, or made with another key. */
  readonly open: (input: OpenInput) => Buffer | undefined
}

interface Parameters {
  /** The secret key, of any length. */
  readonly key: Buffer
  readonly salt: Buffer
  readonly iv: Buffer
  readonly header: string
}

interface SealInput extends Parameters {
  readonly plain: Buffer
}

interface OpenInput extends Parameters {
  readonly sealed: Buffer
}

const GCM_TAG = 16
const SM3_TAG = 32
const SM4_KEY = 16

export const algorithms = {
  'aes-256-gcm': { ivBytes: 12, seal: sealGcm, open: openGcm },
  'sm4-cbc-hmac-sm3': { ivBytes: 16, seal: sealSm4, open: openSm4 },
} as const satisfies Readonly<Record<string, Algorithm>>

export type AlgorithmName = keyof typeof algorithms

const gcmKey = ({ key, salt, header }: Parameters): Buffer => Buffer.from(hkdfSync('sha256', key, salt, header, 32))

function sealGcm(input: SealInput): Buffer {
  const cipher = createCipheriv('aes-256-gcm', gcmKey(input), input.iv).setAAD(Buffer.from(input.header))
  const sealed = Buffer.concat([cipher.update(input.plain), cipher.final()])
  return Buffer.concat([cipher.getAuthTag(), sealed])
}

function openGcm(input: OpenInput): Buffer | undefined {
  const { sealed, iv, header } = input
  if (sealed.length < GCM_TAG) return undefined
  const decipher = createDecipheriv('aes-256-gcm', gcmKey(input), iv, { authTagLength: GCM_TAG }).setAAD(Buffer.from(header))
  decipher.setAuthTag(sealed.subarray(0, GCM_TAG))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(GCM_TAG)), decipher.final()])
  } catch {
    return undefined
  }
}

/** One key for the cipher, one for the seal. */
function sm4Keys({ key, salt, header }: Parameters): { readonly cipher: Buffer; readonly seal: Buffer } {
  const derived = Buffer.from(hkdfSync('sm3', key, salt, header, SM4_KEY + SM3_TAG))
  return { cipher: derived.subarray(0, SM4_KEY), seal: derived.subarray(SM4_KEY) }
}

const sm3Tag = (key: Buffer, { header, iv }: Parameters, sealed: Buffer): Buffer =>
  createHmac('sm3', key).update(header).update(iv).update(sealed).digest()

function sealSm4(input: SealInput): Buffer {
  const keys = sm4Keys(input)
  const cipher = createCipheriv('sm4-cbc', keys.cipher, input.iv)
  const sealed = Buffer.concat([cipher.update(input.plain), cipher.final()])
  return Buffer.concat([sm3Tag(keys.seal, input, sealed), sealed])
}

function openSm4(input: OpenInput): Buffer | undefined {
  const keys = sm4Keys(input)
  const [tag, sealed] = [input.sealed.subarray(0, SM3_TAG), input.sealed.subarray(SM3_TAG)]
  if (tag.length < SM3_TAG || !timingSafeEqual(tag, sm3Tag(keys.seal, input, sealed))) return undefined
  const decipher = createDecipheriv('sm4-cbc', keys.cipher, input.iv)
  return Buffer.concat([decipher.update(sealed), decipher.final()])
}
