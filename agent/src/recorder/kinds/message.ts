/** Messages of a broker and jobs of a queue: one that is processed is a root, one that is sent is a child. */
import { attr, metric } from '../../contract/telemetry.ts'
import { type AttributesInput, SPAN_KIND, type SpanLink } from '../../otlp/records.ts'
import type { ChildKind } from '../child.ts'
import { errorTypeOf } from '../error-text.ts'
import { childErrorType, statusField } from '../span-parts.ts'
import type { RemoteParent } from '../trace-context.ts'
import type { RootKind, TraceRecord } from '../trace-record.ts'

export interface Message {
  /** `messaging.system`: `rabbitmq`, `kafka`, `bullmq`. */
  readonly system: string
  /** Name of the queue, topic or exchange; not one for each message. */
  readonly destination: string
  /** What the system calls what is done: `publish`, `process`, `consume`. */
  readonly operation: string
  readonly messageId?: string | undefined
  /** What the system has beyond that: the partition, the number of messages that are sent at once. */
  readonly more?: AttributesInput | undefined
}

export interface ReceivedMessage extends Message {
  /** Of the span that sent it; from the headers by `remoteParentIn`. */
  readonly parent: RemoteParent | undefined
  /** Of several messages at once: the spans that sent them. */
  readonly senders?: (() => readonly (RemoteParent | undefined)[]) | undefined
}

/** As many as OpenTelemetry's SDKs keep of a span. */
const MAX_LINKS = 128

export const processedMessage: RootKind<ReceivedMessage> = {
  name: 'message.process',
  isRequest: false,
  isTracked: true,
  spanKind: () => SPAN_KIND.consumer,
  method: ({ operation }) => operation,
  remoteParent: ({ parent }) => parent,
  links: ({ senders }) => linksTo(senders?.() ?? []),
  attributes: (record, detail) => ({ ...attributesOf(detail, 'process'), [attr.errorType]: errorTypeOfRecord(record) }),
  count(record, detail, { aggregates, applicationOf }) {
    const errorType = errorTypeOfRecord(record)
    return aggregates.countRoot(
      metric.messageProcessDuration,
      [detail.system, detail.destination, errorType ?? ''],
      record.durationMs / 1000,
      () => ({
        ...labelsOf(detail),
        [attr.errorType]: errorType,
        [attr.application]: applicationOf(record),
      }),
    )
  },
}

export const sentMessage: ChildKind<Message> = {
  name: 'message.send',
  count({ detail }, { aggregates, seconds, errorType, application }) {
    aggregates.count(metric.messageClientDuration, [detail.system, detail.destination, errorType], seconds, () => ({
      ...labelsOf(detail),
      [attr.errorType]: errorType || undefined,
      [attr.application]: application,
    }))
  },
  cause: ({ detail: { operation, destination } }) => ({ cause: 'message', peer: `${operation} ${destination}`.trim() }),
  span(child) {
    const { operation, destination } = child.detail
    return {
      name: `${operation} ${destination}`.trim(),
      kind: SPAN_KIND.producer,
      attributes: { ...attributesOf(child.detail, 'send'), [attr.errorType]: childErrorType(child) },
      ...statusField(undefined, child.error !== undefined, child.error),
    }
  },
}

function labelsOf({ system, operation, destination }: Message): AttributesInput {
  return { [attr.messagingSystem]: system, [attr.messagingOperation]: operation, [attr.messagingDestination]: destination }
}

function attributesOf(message: Message, type: 'process' | 'send'): AttributesInput {
  return { ...labelsOf(message), [attr.messagingOperationType]: type, [attr.messagingMessageId]: message.messageId, ...message.more }
}

function linksTo(senders: readonly (RemoteParent | undefined)[]): SpanLink[] {
  const bySpan = new Map<string, SpanLink>()
  for (const sender of senders) {
    if (sender && bySpan.size < MAX_LINKS) bySpan.set(sender.parentSpanId, { traceId: sender.traceId, spanId: sender.parentSpanId })
  }
  return [...bySpan.values()]
}

const errorTypeOfRecord = ({ error }: TraceRecord): string | undefined => (error === undefined ? undefined : errorTypeOf(error))
