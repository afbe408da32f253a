/** When alerts fire, look by look, and whether two engines agree about it. */

/** How many alerts fire at a time; in order of time. */
export type Timeline = readonly { readonly atMs: number; readonly firing: number }[]

export interface Disagreement {
  readonly atMs: number
  readonly firing: number
  readonly expected: number
}

/** The first time at which one shows what the other does not within the interval before and after; undefined when they agree. */
export function disagreementOf(one: Timeline, other: Timeline, intervalMs: number): Disagreement | undefined {
  return firstAlone(one, other, intervalMs) ?? swapped(firstAlone(other, one, intervalMs))
}

/** How many fire from one time to another, whether or not that changes; undefined where it changes. */
export function steadyAt(timeline: Timeline, fromMs: number, toMs: number): number | undefined {
  const seen = new Set(timeline.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs).map(({ firing }) => firing))
  return seen.size === 1 ? [...seen][0] : undefined
}

/** `3m10s..7m`, one after the other; `never`. */
export function spansText(timeline: Timeline): string {
  const changes = timeline.filter(({ firing }, at) => firing !== (timeline[at - 1]?.firing ?? 0))
  const texts = changes.map(({ atMs, firing }) =>
    firing === 0 ? `..${timeText(atMs)} ` : `${timeText(atMs)}${firing > 1 ? ` (${firing})` : ''}`,
  )
  return texts.length === 0
    ? 'never'
    : texts
        .join('')
        .replace(/([^ ])$/, changes.at(-1)?.firing === 0 ? '$1' : '$1..')
        .trim()
}

/** `1h2m10s` */
export function timeText(ms: number): string {
  const [hours, minutes, seconds] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60, Math.round(ms / 1000) % 60]
  return [hours && `${hours}h`, minutes && `${minutes}m`, seconds && `${seconds}s`].filter(Boolean).join('') || '0s'
}

function firstAlone(one: Timeline, other: Timeline, intervalMs: number): Disagreement | undefined {
  for (const { atMs, firing } of one) {
    const near = other.filter((look) => Math.abs(look.atMs - atMs) <= intervalMs)
    if (near.length > 0 && !near.some((look) => look.firing === firing))
      return { atMs, firing, expected: (near.find((look) => look.atMs === atMs) ?? near[0])!.firing }
  }
  return undefined
}

const swapped = (found: Disagreement | undefined): Disagreement | undefined =>
  found && { ...found, firing: found.expected, expected: found.firing }
