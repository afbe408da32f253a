/** What a rule measured of one resource or service. */
import { shown as plain } from '../notify/index.ts'
import type { Finding } from './rollup-rule.ts'
import type { Subject } from './rule-values.ts'

const DAY_SECONDS = 86_400

/** In the unit that people read; a time of several days in days. */
export const shown = (number: number, unit: string): string =>
  unit === 's' && Math.abs(number) >= 2 * DAY_SECONDS ? `${Math.round(number / DAY_SECONDS)} d` : plain(number, unit)

export interface Measured {
  readonly subject: Subject
  /** Undefined: nothing can be said of it now. */
  readonly number: number | undefined
  /** What the number was made of, for people. */
  readonly detail?: string
  readonly attributes?: Finding['attributes']
}
