/** The other start mode: the stock OpenTelemetry SDK with our keep decision, our settings and our exporter. */
import process from 'node:process'
import { ROOT_CONTEXT, context, trace } from '@opentelemetry/api'
import { NodeSDK, type NodeSDKConfiguration } from '@opentelemetry/sdk-node'
import { installAgent } from '../current-agent.ts'
import { flushAtExit } from '../agent/exit-flush.ts'
import { SpyglassAgent } from '../agent/spyglass-agent.ts'
import { tellMistakes } from '../agent/tell-mistakes.ts'
import { tellBundled } from '../agent/tell-sightings.ts'
import { attempt } from '../guard/guard.ts'
import { attachAll } from '../instrument/attach.ts'
import { loggers, switchedOff } from '../instrument/table.ts'
import { captureCrash } from '../logs/crash.ts'
import { type LineIds, LogSink } from '../logs/log-sink.ts'
import { now } from '../recorder/clock.ts'
import { type AgentSettings, readSettings } from '../settings/settings.ts'
import { KeepProcessor } from './keep-processor.ts'
import { unsupportedSdk } from './supported-sdk.ts'

/**
 * What the agent opens in this context makes no spans: its connection to the collector is none of the application's. The key is that of the SDK's
 * `suppressTracing`, which is made by Symbol.for so that copies agree.
 */
const SUPPRESSED = ROOT_CONTEXT.setValue(Symbol.for('OpenTelemetry SDK Context Key SUPPRESS_TRACING'), true)

/**
 * Starts `@opentelemetry/sdk-node` (0.200 or later; an older one starts with a warning and without our keep decision) with the instrumentations given and the environment's settings of the agent. It costs what the SDK
 * costs; take it where an instrumentation is needed that the default mode lacks.
 *
 * @example startSdkNode({ instrumentations: [new HttpInstrumentation(), new KafkaJsInstrumentation()] })
 */
export function startSdkNode(configuration: Partial<NodeSDKConfiguration> = {}): NodeSDK {
  const { settings, mistakes } = readSettings(process.env)
  const keep = new KeepProcessor()
  const sdk = new NodeSDK({
    metricReaders: [],
    logRecordProcessors: [],
    ...configuration,
    spanProcessors: [...(configuration.spanProcessors ?? []), keep],
  })
  sdk.start()
  const agent = context.with(SUPPRESSED, () => new SpyglassAgent(settings))
  tellMistakes([...mistakes, ...agent.mistakes])
  const unsupported = unsupportedSdk()
  if (unsupported) process.emitWarning(unsupported, { type: 'SpyglassWarning' })
  const { aggregates, decision, shapes } = agent.recorder
  keep.begin({ aggregates, decision, shapes, exporter: agent.exporter, slowStatementMs: settings.slowStatementMs })
  agent.currentAttributes = () => keep.attributesOf(trace.getActiveSpan()?.spanContext().spanId ?? '')
  installAgent(agent)
  captureLogs(agent, settings)
  flushAtExit(agent)
  return sdk
}

/** Lines of the console and of pino, and the exception that ends the process. */
function captureLogs({ exporter, recorder, spool }: SpyglassAgent, { logs, disabledInstrumentations }: AgentSettings): void {
  const sink = new LogSink(exporter)
  attempt(
    'crash',
    () => captureCrash({ findIds: activeIds, sink, count: (error) => recorder.countUncaught(error), save: () => spool?.write(now()) }),
    undefined,
  )
  attachAll(
    { recorder, logs: logs ? sink : undefined, ids: activeIds },
    { table: loggers, off: switchedOff(disabledInstrumentations), onBundled: tellBundled },
  )
}

/** Of the SDK's active span. */
function activeIds(): LineIds | undefined {
  const span = trace.getActiveSpan()?.spanContext()
  return span && { traceId: span.traceId, spanId: span.spanId }
}
