/**
 * Our entry in `tracestate` (W3C Trace Context §3.3), by which services that run this agent agree on what is kept: docs/otlp.md. It is a wish: the service
 * that gets it decides within limits of its own.
 */

/** Key of our entry. */
const KEY = 'spyglass='

/**
 * `hold`: the caller has not decided, and the service that is called keeps its part in memory for a while; `kept`: it was kept already; `forced`: somebody who knew
 * the secret asked for the trace, which what follows proves.
 */
const VALUES = { hold: 'k:h', kept: 'k:1', forced: 'k:f;m:' } as const
export type Wish = keyof typeof VALUES

/** Of a trace that no other system has an entry in: nearly all. */
const ALONE = { hold: KEY + VALUES.hold, kept: KEY + VALUES.kept, forced: KEY + VALUES.forced } as const

const MAX_ENTRIES = 32
const MAX_LENGTH = 512

/** What our entry says, and its proof; undefined without one, or when it says nothing that is known. */
export function upstreamStateIn(traceState: string | undefined): { readonly state: Wish; readonly proof: string } | undefined {
  if (traceState === undefined) return undefined
  const value = entriesOf(traceState)
    .find((entry) => entry.startsWith(KEY))
    ?.slice(KEY.length)
  if (value === VALUES.hold) return { state: 'hold', proof: '' }
  if (value === VALUES.kept) return { state: 'kept', proof: '' }
  return value?.startsWith(VALUES.forced) ? { state: 'forced', proof: value.slice(VALUES.forced.length) } : undefined
}

/** The header with our entry first, since it was changed last, and the others behind it as far as there is room. */
export function withUpstreamState(traceState: string | undefined, state: Wish, proof = ''): string {
  const own = ALONE[state] + proof
  if (traceState === undefined || traceState === own) return own
  const others = entriesOf(traceState).filter((entry) => entry !== '' && !entry.startsWith(KEY))
  const entries = [own, ...others].slice(0, MAX_ENTRIES)
  while (entries.length > 1 && entries.join(',').length > MAX_LENGTH) entries.pop()
  return entries.join(',')
}

const entriesOf = (traceState: string): string[] => traceState.split(',').map((entry) => entry.trim())
