/** Which times are accepted: seconds since the epoch. The store would drop older ones at once, later ones come from a wrong clock. */
export interface TimeWindow {
  readonly from: number
  readonly to: number
  /** Time of receipt, in milliseconds since the epoch. */
  readonly nowMs: number
}

export function timeWindow(nowMs: number, retentionDays: number): TimeWindow {
  return { from: nowMs / 1000 - retentionDays * 86_400, to: nowMs / 1000 + 3600, nowMs }
}

/** Why an item outside the window is rejected. */
export function reasonOutside({ from, nowMs }: TimeWindow): string {
  const days = Math.round((nowMs / 1000 - from) / 86_400)
  return `outside the retention of ${days} days, or over an hour in the future`
}
