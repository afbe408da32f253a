import { declareSettings } from './declaration.ts'
import { milliseconds, ownMilliseconds } from './shapes.ts'

/** How an application protects itself from more requests than it can serve. */
export const admissionSettings = declareSettings({
  enabled: {
    type: 'boolean',
    default: false,
    description:
      'Whether requests are refused while the application has more than it can serve: with 503 and a Retry-After, before anything of them is read but their head. Without overload none is refused.',
  },
  maxInFlight: {
    type: 'int',
    min: 1,
    max: 1_000_000,
    description:
      'Requests that may be under way at once in one instance, whatever its load; upgraded connections do not count. Default: as many as come.',
  },
  loopDelayMs: milliseconds(
    10,
    'How late the event loop may be while it is busy all the time. Beyond it, requests under way are limited. Where requests compute for long, it may be late by two of them, at most five times this.',
    1,
    60_000,
  ),
  poolWaitMs: milliseconds(
    100,
    'How long a borrower may wait for a connection of a pool of the application. Beyond it, requests under way are limited.',
    1,
    600_000,
  ),
  latencyMs: ownMilliseconds(
    'How long half of the answers may take. Beyond it, requests under way are limited. For what waits for a service that no pool leads to; not for an application with long polls. Default: latency limits nothing.',
  ),
  share: {
    type: 'int',
    min: 1,
    max: 10_000,
    default: 100,
    description: 'With `isolation: shared`: its share of what the process can serve, beside the shares of the applications that are busy.',
  },
  weights: {
    type: 'texts',
    each: {
      checks: [{ is: /^\/[^\s=?]*=(?:[1-9]\d{0,2}|1000)$/, allowed: 'PATH=PERCENT from 1 to 1000, such as /checkout=200' }],
    },
    default: [],
    description:
      'How much of the limit the requests below a path may fill, in percent: `/search=50` is refused when half is taken, `/checkout=200` not before twice as much is. The path is that which the application sees. Others have 100.',
  },
})
