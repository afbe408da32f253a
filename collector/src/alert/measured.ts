/** What a rule measured of one resource or service. */
import type { Finding } from './rollup-rule.ts'
import type { Subject } from './rule-values.ts'

export interface Measured {
  readonly subject: Subject
  /** Undefined: nothing can be said of it now. */
  readonly number: number | undefined
  /** What the number was made of, for people. */
  readonly detail?: string
  readonly attributes?: Finding['attributes']
}

/** In the unit that people read: `340 ms`, `5.5 %`, `12.5 MiB`. */
export function shown(number: number, unit: string): string {
  const round = (value: number): string => String(Math.round(value * 10) / 10)
  if (unit === '1') return `${round(number * 100)} %`
  if (unit === 's') return number < 1 ? `${round(number * 1000)} ms` : `${round(number)} s`
  if (unit === 'By') return `${round(number / 1024 ** 2)} MiB`
  return unit === 'ms' ? `${round(number)} ms` : round(number)
}
