/** Statements of databases, commands of key-value stores, requests to document stores: whatever has a `db.system.name` and a text. */
import { attr } from '../../contract/telemetry.ts'
import { SPAN_KIND } from '../../otlp/records.ts'
import type { StatementShape } from '../../sql/statement-shapes.ts'
import type { ChildKind } from '../child.ts'
import { childErrorType, codeAttributes, locationOf, statusField } from '../span-parts.ts'

export interface Statement {
  readonly shape: StatementShape
  /** `db.system.name`: it also says how the text is normalised. */
  readonly system: string
  /** `db.client.connection.pool.name`: the name of the pool, else `host:port/database`. */
  readonly pool: string
  /** How long the borrower waited for the connection. */
  readonly waitMs: number | undefined
  /** `file:line` of the application that had that connection before, where the pool knows it. */
  readonly heldBy: string | undefined
}

export const statement: ChildKind<Statement> = {
  name: 'statement',
  memory: ({ shape }) => shape,
  isWait: ({ shape }) => shape.isWait,
  count({ detail: { shape, system, pool } }, { aggregates, seconds, errorType, application }) {
    aggregates.countStatement({ shape, system, pool, seconds, errorType, application })
  },
  cause: (child) => ({ cause: 'statement', statement: child.detail.shape.text, location: locationOf(child) }),
  span(child) {
    const { shape, system, pool, waitMs } = child.detail
    return {
      name: shape.operation ? `${shape.operation} ${pool}`.trim() : system,
      kind: SPAN_KIND.client,
      attributes: {
        [attr.dbSystem]: system,
        [attr.dbPool]: pool,
        [attr.dbOperation]: shape.operation || undefined,
        [attr.dbQueryText]: shape.text,
        [attr.sqlDigest]: shape.digest,
        [attr.sqlPlan]: shape.plan && shape.planFor(child.record?.traceId ?? '', child.spanId),
        [attr.poolWaitMs]: waitMs,
        [attr.errorType]: childErrorType(child),
        ...codeAttributes(child),
      },
      ...statusField(undefined, child.error !== undefined, child.error),
    }
  },
}
