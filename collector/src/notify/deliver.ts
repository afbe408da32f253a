/** One attempt to deliver one page. */
import type { WebhookConfig } from '@spyglass/process/config'
import { alertmanagerUrl, toAlertmanager } from './alertmanager.ts'
import { fail } from './errors.ts'
import type { OutboxEntry } from './outbox.ts'

/**
 * Posts the page; returns when the receiver has accepted it (2xx).
 * @throws SPY_PAGE_REFUSED or SPY_PAGE_UNDELIVERED. No answer is final: someone may correct the receiver, and then needs the page that it refused.
 */
export async function deliver(receiver: WebhookConfig, entry: OutboxEntry): Promise<void> {
  const response = await fetch(receiver.type === 'alertmanager' ? alertmanagerUrl(receiver.url) : receiver.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'user-agent': 'spyglass',
      'idempotency-key': `${entry.page.incidentId}-${entry.page.status}-${entry.sequence}`,
      ...receiver.headers,
    },
    body: JSON.stringify(receiver.type === 'alertmanager' ? [toAlertmanager(entry.page)] : entry.page),
    redirect: 'manual',
    signal: AbortSignal.timeout(receiver.timeoutMs),
  }).catch((error: unknown) => {
    throw fail('SPY_PAGE_UNDELIVERED', [receiver.name, reasonOf(error)], error)
  })
  await response.body?.cancel() // the body of the response is not used, and may be long
  if (response.ok) return
  throw fail('SPY_PAGE_REFUSED', [receiver.name, response.status])
}

/** The reason without the address: receivers' URLs carry tokens. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  if (error.name === 'TimeoutError') return 'no response in time'
  const cause = error.cause
  return cause instanceof Error && 'code' in cause ? String(cause.code) : error.name
}
