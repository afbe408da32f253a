/** What a rule measured of one resource or service. */
import type { Finding } from './rollup-rule.ts'
import type { Subject } from './rule-values.ts'

export { shown } from '../notify/index.ts'

export interface Measured {
  readonly subject: Subject
  /** Undefined: nothing can be said of it now. */
  readonly number: number | undefined
  /** What the number was made of, for people. */
  readonly detail?: string
  readonly attributes?: Finding['attributes']
}
