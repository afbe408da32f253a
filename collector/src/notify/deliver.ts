/** One attempt to deliver one page. */
import { codeOf } from '@spyglass/agent/contract'
import type { ReceiverConfig } from '@spyglass/process/config'
import { fail } from './errors.ts'
import { type Message, messageMakers } from './message/index.ts'
import type { Delivered } from './outbox.ts'
import { post } from './post.ts'
import { askedToWait, retryAfterMs } from './retry-after.ts'

/**
 * Sends the page; returns when the receiver has accepted it.
 * @throws SPY_PAGE_REFUSED, SPY_PAGE_UNDELIVERED or SPY_RECEIVER_INTERNAL. No answer is final: someone may correct the receiver, and then needs the
 * page that it refused.
 */
export async function deliver(receiver: ReceiverConfig, entry: Delivered, now: number = Date.now()): Promise<void> {
  const signal = AbortSignal.timeout(receiver.timeoutMs)
  if (receiver.type === 'mail') return await mailed(receiver, entry, signal)
  for (const message of messageMakers[receiver.type](receiver, entry.page, now)) await send(message, { receiver, entry, signal, now })
}

/** The client of mail servers is loaded with the first page that needs it. */
async function mailed(receiver: ReceiverConfig, entry: Delivered, signal: AbortSignal): Promise<void> {
  const { sendMail } = await import('./mail.ts')
  await sendMail(receiver, entry, signal).catch((error: unknown) => {
    throw undelivered(receiver, error, signal)
  })
}

interface Attempt {
  readonly receiver: ReceiverConfig
  readonly entry: Delivered
  readonly signal: AbortSignal
  readonly now: number
}

async function send({ url, body, headersOf, refusalOf }: Message, { receiver, entry, signal, now }: Attempt): Promise<void> {
  const text = JSON.stringify(body)
  const { page, sequence } = entry
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'spyglass',
    'idempotency-key': `${page.incidentId}-${page.status}-${sequence}`,
    ...headersOf?.(text),
    ...receiver.headers,
  }
  const answer = await post({ url, headers, body: text }, receiver, signal).catch((error: unknown) => {
    throw undelivered(receiver, error, signal)
  })
  const isAccepted = answer.status >= 200 && answer.status < 300
  const refusal = isAccepted ? refusalOf?.(answer) : String(answer.status)
  if (refusal === undefined) return
  throw askedToWait(fail('SPY_PAGE_REFUSED', [receiver.name, refusal]), retryAfterMs(answer.retryAfter, now))
}

/** The reason without the address: it may hold a token. */
function undelivered({ name }: ReceiverConfig, error: unknown, { aborted }: AbortSignal): unknown {
  const code = codeOf(error)
  if (code?.startsWith('SPY_')) return error
  const reason = aborted ? 'no response in time' : reasonOf(error)
  return fail('SPY_PAGE_UNDELIVERED', [name, reason], error)
}

/** A mail server says with a number why it refuses. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const { code, responseCode } = error as { readonly code?: unknown; readonly responseCode?: unknown }
  const parts = [code, responseCode].filter((part) => typeof part === 'string' || typeof part === 'number')
  return parts.length === 0 ? error.name : parts.join(' ')
}
