import type { AccessEntry } from '../../../runtime/src/access-log/access-entry.ts'

/** A request for a path, and nothing else that is remarkable. */
export const entryOf = (path: string): AccessEntry => ({
  time: 0,
  clientAddress: '127.0.0.1',
  method: 'GET',
  path,
  query: undefined,
  httpVersion: '1.1',
  route: undefined,
  status: 200,
  bodySize: 1,
  durationMs: 1,
  userAgent: undefined,
  referer: undefined,
  traceId: undefined,
  spanId: undefined,
  aborted: false,
  errorType: undefined,
})
