/** Answers in the request's content type: Export…ServiceResponse and google.rpc.Status, as protobuf or JSON. */
import type { Signal } from '../decode/index.ts'

export const PROTOBUF = 'application/x-protobuf'
export const JSON_TYPE = 'application/json'

const REJECTED_FIELD: Readonly<Record<Signal, string>> = {
  traces: 'rejectedSpans',
  metrics: 'rejectedDataPoints',
  logs: 'rejectedLogRecords',
}

/** Success; with `rejected` over 0 a partial one, which the sender must not repeat. A message alone is a warning. */
export function exportResponse(signal: Signal, isJson: boolean, { rejected, message }: { rejected: number; message: string }): Buffer {
  if (isJson) {
    const partial = rejected > 0 || message ? { partialSuccess: { [REJECTED_FIELD[signal]]: String(rejected), errorMessage: message } } : {}
    return Buffer.from(JSON.stringify(partial))
  }
  if (rejected === 0 && !message) return Buffer.alloc(0)
  const count = rejected > 0 ? [Buffer.of(8), varint(rejected)] : []
  const partial = Buffer.concat([...count, textField(2, message)])
  return Buffer.concat([Buffer.of(10), varint(partial.length), partial])
}

/** An error; `code` is one of google.rpc.Code. */
export function statusResponse(isJson: boolean, code: number, message: string): Buffer {
  if (isJson) return Buffer.from(JSON.stringify({ code, message }))
  return Buffer.concat([Buffer.of(8), varint(code), textField(2, message)])
}

function textField(number: number, text: string): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([Buffer.of(number * 8 + 2), varint(bytes.length), bytes])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  while (rest > 127) {
    bytes.push((rest % 128) | 128)
    rest = Math.floor(rest / 128)
  }
  return Buffer.from([...bytes, rest])
}
