/**
 * Who may force that a request is kept: those who send the secret of the setting in a header. Without the setting nobody can. The services behind do not
 * get the secret: our entry in `tracestate` proves by a MAC of the trace's id that somebody had it.
 */
import type Crypto from 'node:crypto'
import process from 'node:process'
import { type Wish, upstreamStateIn, withUpstreamState } from './trace-state.ts'

/** The request header with the secret. */
export const KEEP_HEADER = 'spyglass-keep-secret'
/** Hexadecimal digits of the proof: nobody guesses 64 bits at the price of a request each. */
const PROOF_DIGITS = 16

let secret: Buffer | undefined

/** Empty: nobody may. */
export function setKeepSecret(text: string): void {
  secret = text === '' ? undefined : digestOf(text)
}

/** What the caller of a request wants. `header` is that of {@link KEEP_HEADER}. A forced trace that nobody proves is a wish like others. */
export function wishOf(traceId: string, traceState: string | undefined, header: unknown): Wish | undefined {
  if (isKeepSecret(header)) return 'forced'
  const upstream = upstreamStateIn(traceState)
  if (upstream?.state !== 'forced') return upstream?.state
  return isProof(traceId, upstream.proof) ? 'forced' : 'kept'
}

/** The `tracestate` of calls in a trace that was forced. */
export function passedOnForced(traceState: string | undefined, traceId: string): string {
  return withUpstreamState(traceState, 'forced', proofOf(traceId))
}

/** Digests are compared, in constant time, since they are of one length. */
function isKeepSecret(value: unknown): boolean {
  return secret !== undefined && typeof value === 'string' && crypto().timingSafeEqual(digestOf(value), secret)
}

function proofOf(traceId: string): string {
  return secret ? crypto().createHmac('sha256', secret).update(traceId).digest('hex').slice(0, PROOF_DIGITS) : ''
}

function isProof(traceId: string, proof: string): boolean {
  return secret !== undefined && /^[\da-f]{16}$/.test(proof) && crypto().timingSafeEqual(Buffer.from(proof), Buffer.from(proofOf(traceId)))
}

const digestOf = (text: string): Buffer => crypto().createHash('sha256').update(text).digest()

/** Loaded by those who have a secret. */
const crypto = (): Pick<typeof Crypto, 'createHash' | 'createHmac' | 'timingSafeEqual'> => process.getBuiltinModule('node:crypto')
