/**
 * How long an event may be. A longer one would stop every output that has a limit, since they are told in order. What it says is shortened, so that
 * no raise and no clear is lost for its length: first its holders, of which fifty with long statements are enough, then its texts.
 */
import type { SpyglassEvent } from '@spyglass/agent/contract'

export const MAX_EVENT_CHARACTERS = 1_048_576
const MAX_MESSAGE = 4096
const MAX_ATTRIBUTE = 256

/** Undefined: it cannot be made short enough. */
export function withinLimit(event: SpyglassEvent, limit = MAX_EVENT_CHARACTERS): SpyglassEvent | undefined {
  if (isShort(event, limit)) return event
  const { holders = [], ...rest } = event
  for (let count = holders.length >> 1; count > 0; count >>= 1) {
    const shortened = { ...rest, holders: holders.slice(0, count) }
    if (isShort(shortened, limit)) return shortened
  }
  return [rest, withShortTexts(rest)].find((one) => isShort(one, limit))
}

function withShortTexts({ message, attributes, ...rest }: SpyglassEvent): SpyglassEvent {
  const short = Object.entries(attributes).map(([name, value]) => [name, typeof value === 'string' ? cut(value, MAX_ATTRIBUTE) : value])
  return { ...rest, message: cut(message, MAX_MESSAGE), attributes: Object.fromEntries(short) as SpyglassEvent['attributes'] }
}

const cut = (text: string, max: number): string => (text.length <= max ? text : `${text.slice(0, max - 1).toWellFormed()}…`)

const isShort = (event: SpyglassEvent, limit: number): boolean => JSON.stringify(event).length <= limit
