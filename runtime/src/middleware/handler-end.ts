/** When the handler of a request has ended. The end of its connection says nothing of it: a client that leaves does not stop the handler. */
import type { ServerResponse } from 'node:http'
import { type Clock, systemClock } from '../clock/index.ts'

type Ending = (this: ServerResponse, ...args: unknown[]) => ServerResponse

/** Calls back once, when the application has called `end()`; its client may have gone long before. */
export function onceEnded(response: ServerResponse, then: () => void): void {
  const { end } = response as unknown as { readonly end: Ending }
  let hasEnded = false
  response.end = ((...args: unknown[]) => {
    const result = end.apply(response, args)
    if (!hasEnded) {
      hasEnded = true
      then()
    }
    return result
  }) as typeof response.end
}

export interface Handled {
  readonly release: () => void
  /** How long after its client a handler may go on without calling `end()`: many forget about it then. */
  readonly maxHoldMs: number
}

/** Calls back once, when the application has called `end()`, or `maxHoldMs` after its client has gone. */
export function onceHandled(response: ServerResponse, { release, maxHoldMs }: Handled, clock: Clock = systemClock): void {
  let isHandled = false
  let stopHolding = (): void => {}
  const handled = (): void => {
    stopHolding()
    if (!isHandled) release()
    isHandled = true
  }
  const hold = (): void => {
    if (!isHandled) stopHolding = clock.after(maxHoldMs, handled)
  }
  onceEnded(response, handled)
  if (hasGone(response)) hold()
  else response.once('close', hold)
}

/** Whether nobody is there any more who could read the response. */
export const hasGone = (response: ServerResponse): boolean => response.closed || response.destroyed
