/** What was sent as the head of a response, with what is added on the way out, such as the cookie of a session. */
import type { ServerResponse } from 'node:http'
import { type Clock, systemClock } from '../../clock/index.ts'
import { hasGone } from '../../middleware/index.ts'
import type { Fields } from './storable.ts'

export interface SentHead {
  readonly status: number
  /** Names in lower case. */
  readonly fields: Fields
}

type Sent = ServerResponse & {
  /** The head as text, once it is sent: Node's own, in HTTP/1. */
  readonly _header?: string | null
  readonly stream?: { readonly sentHeaders?: Fields }
}

/** What holds an answer back, such as a session that is being stored, does not take longer. */
const MAX_HELD_MS = 60_000

/** Calls back once: when the head has been sent, or with undefined when it never will be. */
export function onceSent(response: ServerResponse, then: (head: SentHead | undefined) => void, clock: Clock = systemClock): void {
  const sent = sentHead(response)
  if (sent || hasGone(response)) return then(sent)
  let isTold = false
  const tell = (): void => {
    if (!isTold) then(sentHead(response))
    isTold = true
    stop()
  }
  const stop = clock.after(MAX_HELD_MS, tell)
  for (const event of ['finish', 'close']) response.once(event, tell)
}

function sentHead(response: Sent): SentHead | undefined {
  const fields = response.stream?.sentHeaders
  if (fields) return { status: Number(fields[':status']), fields }
  return typeof response._header === 'string' ? headOf(response._header) : undefined
}

/** `HTTP/1.1 200 OK`, and a line for each field. */
function headOf(head: string): SentHead {
  const [first = '', ...lines] = head.split('\r\n')
  const fields: Record<string, string[]> = {}
  for (const line of lines) {
    const colon = line.indexOf(':')
    if (colon > 0) (fields[line.slice(0, colon).toLowerCase()] ??= []).push(line.slice(colon + 1).trim())
  }
  return { status: Number(first.split(' ')[1]), fields }
}
