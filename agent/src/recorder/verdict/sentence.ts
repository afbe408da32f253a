/** The sentence of a verdict: what most of the time went to. */
import type { CauseName, VerdictCause } from '../cause.ts'

/** Smaller ones are in the list of causes only. */
const MIN_SHARE = 0.05
const MAX_TOLD = 3
const MAX_STATEMENT = 120

/** `Statement SELECT … ran 214 times at src/orders.ts:41, 83 % of the time; event loop busy, 12 %.` */
export function sentenceOf(causes: readonly VerdictCause[]): string {
  const told = causes.filter(({ share }, i) => i === 0 || share >= MIN_SHARE).slice(0, MAX_TOLD)
  const parts = told.map((cause, i) => `${textOf(cause)}, ${Math.round(cause.share * 100)} %${i === 0 ? ' of the time' : ''}`)
  const text = parts.join('; ')
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}

function textOf(cause: VerdictCause): string {
  const { count = 1, location } = cause
  return TEXTS[cause.cause](cause, count > 1 ? ` ${count} times` : '', location ? ` at ${location}` : '')
}

/** `times` and `place` begin with a space unless they are empty. */
type Text = (cause: VerdictCause, times: string, place: string) => string

const TEXTS: Readonly<Record<CauseName, Text>> = {
  statement: ({ statement = '' }, times, place) => `statement ${short(statement)}${times && ` ran${times}`}${place}`,
  pool_wait: ({ peer = '', heldBy }, times, place) =>
    `waiting for a connection of ${peer || 'the pool'}${times}${place}${heldBy ? `, held by ${heldBy}` : ''}`,
  call: ({ peer = '' }, times, place) => `call to ${peer}${times}${place}`,
  message: ({ peer = '' }, times) => `message to ${peer}${times}`,
  span: ({ peer = '' }, times) => `${peer}${times}`,
  own_cpu: (_cause, _times, place) => `own CPU${place}`,
  other_cpu: ({ count = 1, peer = '', traceId = '' }, _times, place) =>
    `CPU of ${count > 1 ? `${count} other requests` : 'another request'} (${peer}${traceId && `, trace ${traceId}`})${place}`,
  background_cpu: (_cause, _times, place) => `CPU outside of requests${place}`,
  event_loop: () => 'event loop busy',
  garbage_collection: () => 'garbage collection',
  unknown: () => 'unknown',
  other: () => 'other causes',
}

function short(statement: string): string {
  const line = statement.replaceAll(/\s+/g, ' ').trim()
  return line.length > MAX_STATEMENT ? `${line.slice(0, MAX_STATEMENT)}…` : line
}
