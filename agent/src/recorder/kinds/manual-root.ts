/** A root that the application started by the OpenTelemetry API, outside of any request. The application may never end it. */
import type { SpanKindNumber } from '../../otlp/records.ts'
import type { RemoteParent } from '../trace-context.ts'
import type { RootKind } from '../trace-record.ts'

export interface ManualRoot {
  readonly kind: SpanKindNumber
  readonly parent: RemoteParent | undefined
}

export const manualRoot: RootKind<ManualRoot> = {
  name: 'opentelemetry.root',
  isRequest: false,
  isTracked: false,
  spanKind: ({ kind }) => kind,
  method: () => '',
  remoteParent: ({ parent }) => parent,
  attributes: () => ({}),
  status: ({ additions }) => (additions?.status?.code === 'error' ? 500 : 0),
}
