/** The response to an error that a request handler of an application threw and nobody handled. */
import type { ServerResponse } from 'node:http'
import { codeOf } from '@spyglass/agent/contract'

export interface ErrorAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: { readonly statusCode: number; readonly code?: string; readonly message: string }
}

/**
 * Follows the convention of the frameworks: `statusCode` or `status` of the error, if it is 400 to 599, and its `headers`. Everything else
 * is 500. The message of the error is for the log: it may name files and settings.
 */
export function errorAnswer(error: unknown): ErrorAnswer {
  const { statusCode, status, headers } = (typeof error === 'object' && error !== null ? error : {}) as Record<string, unknown>
  const known = [statusCode, status].find(isErrorStatus)
  const code = known === undefined ? undefined : codeOf(error)
  return {
    status: known ?? 500,
    headers: known === undefined ? {} : textsOf(headers),
    body: { statusCode: known ?? 500, ...(code === undefined ? {} : { code }), message: messageFor(known) },
  }
}

const isErrorStatus = (status: unknown): status is number => Number.isInteger(status) && Number(status) >= 400 && Number(status) <= 599

function messageFor(status: number | undefined): string {
  if (status === 503) return 'the application cannot answer this now; try again later'
  return status === undefined || status >= 500 ? 'the application failed' : 'the application refused the request'
}

function textsOf(headers: unknown): Readonly<Record<string, string>> {
  if (typeof headers !== 'object' || headers === null) return {}
  return Object.fromEntries(Object.entries(headers).filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}

/** Answers with a JSON body. */
export function answerJson(response: ServerResponse, status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
  const text = JSON.stringify(body)
  const own = { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(text) }
  response.writeHead(status, { ...headers, ...own }).end(text)
}
