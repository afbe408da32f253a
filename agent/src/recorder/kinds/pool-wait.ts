/** The wait for a connection of a pool: a child where the request really waited, and a histogram of every wait. */
import { attr, metric } from '../../contract/telemetry.ts'
import { SPAN_KIND } from '../../otlp/records.ts'
import type { ChildKind } from '../child.ts'
import { childErrorType, codeAttributes, locationOf, statusField } from '../span-parts.ts'

export interface PoolWait {
  /** `db.system.name`; empty for a pool of something else. */
  readonly system: string
  readonly pool: string
  /** `file:line` of the application that had the connection before, or has had one for longest. */
  heldBy?: string | undefined
}

export const poolWait: ChildKind<PoolWait> = {
  name: 'pool.wait',
  count({ detail: { system, pool } }, { aggregates, seconds, errorType }) {
    aggregates.count(metric.dbPoolWait, [system, pool, errorType], seconds, () => ({
      [attr.dbSystem]: system || undefined,
      [attr.dbPool]: pool,
      [attr.errorType]: errorType || undefined,
    }))
  },
  cause: (child) => ({ cause: 'pool_wait', peer: child.detail.pool, location: locationOf(child), heldBy: child.detail.heldBy }),
  span(child) {
    const { system, pool } = child.detail
    return {
      name: `wait ${pool}`.trim(),
      kind: SPAN_KIND.internal,
      attributes: {
        [attr.dbSystem]: system || undefined,
        [attr.dbPool]: pool,
        [attr.errorType]: childErrorType(child),
        ...codeAttributes(child),
      },
      ...statusField(undefined, child.error !== undefined, child.error),
    }
  },
}
