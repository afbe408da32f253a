/** Parses server-sent events (HTML Living Standard §9.2) from chunks of bytes. */
import { fail } from '../errors.ts'

export interface SseMessage {
  /** Id of this message, or the last id received if it has none. */
  readonly id: string | undefined
  readonly data: string
}

export interface SseParser {
  push(chunk: Uint8Array): void
}

/** Our events are never longer. */
const MAX_MESSAGE_CHARACTERS = 16_777_216

/** @throws SPY_SNMP_EVENTS from `push`, when a message exceeds the limit. */
export function createSseParser(onMessage: (message: SseMessage) => void): SseParser {
  const decoder = new TextDecoder()
  let rest = ''
  let id: string | undefined
  let data: string[] = []

  function line(text: string): void {
    if (text === '') {
      if (data.length > 0) onMessage({ id, data: data.join('\n') })
      data = []
      return
    }
    const colon = text.indexOf(':')
    if (colon === 0) return // a comment: the heartbeat
    const field = colon < 0 ? text : text.slice(0, colon)
    const value = colon < 0 ? '' : text.slice(colon + 1).replace(/^ /, '')
    if (field === 'data') data.push(value)
    if (field === 'id' && !value.includes('\0')) id = value
  }

  return {
    push(chunk) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r\n|\n|\r(?!$)/)
      rest = lines.pop()!
      if (rest.length > MAX_MESSAGE_CHARACTERS) throw fail('SPY_SNMP_EVENTS', ['', 'a message is too long'])
      lines.forEach(line)
    },
  }
}
