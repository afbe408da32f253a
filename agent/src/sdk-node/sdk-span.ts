/** Spans of the stock SDK, and their times. */
import type { NodeSDKConfiguration } from '@opentelemetry/sdk-node'

export type SpanProcessor = NonNullable<NodeSDKConfiguration['spanProcessors']>[number]
export type ReadableSpan = Parameters<SpanProcessor['onEnd']>[0]

type HrTime = readonly [seconds: number, nanoseconds: number]

export const msOf = ([seconds, nanoseconds]: HrTime): number => seconds * 1000 + nanoseconds / 1e6
