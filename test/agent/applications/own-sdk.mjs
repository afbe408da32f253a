// An application that brings its own OpenTelemetry SDK.
import { trace } from '@opentelemetry/api'
import { NodeSDK } from '@opentelemetry/sdk-node'

const early = trace.getTracer('early')
const spans = []
const processor = { onStart() {}, onEnd: (span) => spans.push(span.name), forceFlush: async () => {}, shutdown: async () => {} }
const sdk = new NodeSDK({ spanProcessors: [processor], autoDetectResources: false })
sdk.start()
trace.getTracer('late').startActiveSpan('late', (span) => {
  early.startSpan('early').end()
  span.end()
})
process.stdout.write(`${JSON.stringify(spans)}\n`)
process.exit(0)
