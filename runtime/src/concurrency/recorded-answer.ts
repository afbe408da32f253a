/** What an application answers, to be stored and given again. */
import type { ServerResponse } from 'node:http'
import { hasGone, type RecordedResponse, recordResponse } from '../middleware/index.ts'
import type { Outcome } from './idempotency-store.ts'

/** Fields that are of a connection or of one answer alone. */
const NOT_KEPT = new Set(['connection', 'keep-alive', 'transfer-encoding', 'date', 'set-cookie'])

export interface Recorded {
  readonly status: number
  readonly answer: Outcome
}

/** Calls back once, when the application has called `end()`, whether or not a client is still there. An answer of more than `maxBytes` is not kept. */
export function recordAnswer(response: ServerResponse, maxBytes: number, then: (recorded: Recorded) => void): void {
  recordResponse(response, maxBytes, (recorded) => {
    const { status, fields, body } = recorded
    const headers = Object.fromEntries(Object.entries(fields).filter(([name]) => !NOT_KEPT.has(name)))
    const isKept = body !== undefined && !isCutShort(response, recorded)
    then({ status, answer: isKept ? { status, headers, body: body.toString('base64') } : 'not kept' })
  })
}

/** Koa and streams leave out the body when the client has gone. */
const isCutShort = (response: ServerResponse, { fields, size }: RecordedResponse): boolean =>
  size === 0 && hasGone(response) && fields['content-type'] !== undefined
