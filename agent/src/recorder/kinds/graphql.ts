/** Operations of GraphQL inside a request. What a client writes is kept to the type and the name of the operation. */
import { attr, metric } from '../../contract/telemetry.ts'
import { type AttributesInput, SPAN_KIND } from '../../otlp/records.ts'
import type { ChildKind } from '../child.ts'
import { childErrorType, exceptionEvent, statusField } from '../span-parts.ts'
import { toEpochMs } from '../clock.ts'

export interface GraphqlOperation {
  /** `query`, `mutation`, `subscription`; empty when the document has no such operation. */
  readonly type: string
  /** Empty for one without a name. */
  readonly name: string
}

export const operationAttributes = ({ type, name }: GraphqlOperation): AttributesInput => ({
  ...(type === '' ? {} : { [attr.graphqlType]: type }),
  ...(name === '' ? {} : { [attr.graphqlName]: name }),
})

export const graphqlOperation: ChildKind<GraphqlOperation> = {
  name: 'graphql.operation',
  count({ detail }, { aggregates, seconds, errorType, application }) {
    aggregates.count(metric.graphqlDuration, [detail.type, `${detail.name}\n${application ?? ''}`, errorType], seconds, () => ({
      ...operationAttributes(detail),
      [attr.errorType]: errorType || undefined,
      [attr.application]: application,
    }))
  },
  span(child) {
    const { type, name } = child.detail
    const { error, endMs } = child
    return {
      name: `${type} ${name}`.trim() || 'GraphQL Operation',
      kind: SPAN_KIND.internal,
      attributes: {
        ...operationAttributes(child.detail),
        [attr.errorType]: childErrorType(child),
      },
      ...(error === undefined ? {} : { events: [exceptionEvent(error, toEpochMs(endMs))] }),
      ...statusField(undefined, error !== undefined, error),
    }
  },
}
