/** Trace context in the headers or metadata of a message. */
import type { Child } from '../recorder/child.ts'
import { remoteParentIn } from '../recorder/propagation.ts'
import type { RemoteParent } from '../recorder/trace-context.ts'
import { type Carrier, injectInto } from './outgoing-context.ts'

export type Headers = Record<string, unknown>

const carrier: Carrier<Headers> = {
  has: (headers, header) => headers[header] !== undefined,
  write: (headers, header, value) => void (headers[header] = value),
}

/** Writes it into `headers`, which are ours. */
export function injectIntoMessage(headers: Headers, child: Child): void {
  injectInto(headers, child, carrier)
}

/** Brokers give text as bytes, some of them; of a header that is there several times, all. */
export function parentOfMessage(headers: Headers | undefined): RemoteParent | undefined {
  return headers && remoteParentIn((header) => textOf(headers[header]))
}

function textOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(textOf)
  return value instanceof Uint8Array ? Buffer.from(value).toString() : value
}
