/** What stands before a purchase, one after the other. Each answers what it refuses, with a reason that the access log and the metrics have. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { inFlightKey, queue, rateLimit } from '@spyglass/runtime/application'

export interface BuyerRequest extends IncomingMessage {
  /** Who is signed in. */
  account?: string
}

type Guard = (request: BuyerRequest, response: ServerResponse, next: (error?: unknown) => void) => void

const accountOf = ({ account }: BuyerRequest): string | undefined => account

/** They need no framework: each is a function of the kind that Express calls middleware. */
export function openGuards(): readonly Guard[] {
  return [
    rateLimit<BuyerRequest>('buyers', { keyOf: accountOf }).express,
    inFlightKey<BuyerRequest>({ keyOf: accountOf }).express,
    queue({ name: 'buy', concurrency: 2, maxWaiting: 200, deadlineMs: 2000 }).express,
  ]
}

/** Whether all let the request pass. One that does not has answered it. */
export async function passed(guards: readonly Guard[], request: BuyerRequest, response: ServerResponse): Promise<boolean> {
  for (const guard of guards) if (!(await passes(guard, request, response))) return false
  return true
}

function passes(guard: Guard, request: BuyerRequest, response: ServerResponse): Promise<boolean> {
  return new Promise((resolve, reject) => {
    response.once('close', () => resolve(false)) // it answered, or the client has gone
    guard(request, response, (error) => (error ? reject(asError(error)) : resolve(true)))
  })
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))
