/** The other start mode: the stock OpenTelemetry SDK with our keep decision, our settings and our exporter. */
import process from 'node:process'
import { NodeSDK, type NodeSDKConfiguration } from '@opentelemetry/sdk-node'
import { installAgent } from '../current-agent.ts'
import { flushAtExit } from '../agent/exit-flush.ts'
import { SpyglassAgent } from '../agent/spyglass-agent.ts'
import { tellMistakes } from '../agent/tell-mistakes.ts'
import { readSettings } from '../settings/settings.ts'
import { KeepProcessor } from './keep-processor.ts'
import { unsupportedSdk } from './supported-sdk.ts'

/**
 * Starts `@opentelemetry/sdk-node` (0.200 or later; an older one starts with a warning and without our keep decision) with the instrumentations given and the environment's settings of the agent. It costs what the SDK
 * costs; take it where an instrumentation is needed that the default mode lacks.
 *
 * @example startSdkNode({ instrumentations: [new HttpInstrumentation(), new KafkaJsInstrumentation()] })
 */
export function startSdkNode(configuration: Partial<NodeSDKConfiguration> = {}): NodeSDK {
  const { settings, mistakes } = readSettings(process.env)
  const agent = new SpyglassAgent(settings)
  tellMistakes([...mistakes, ...agent.mistakes])
  const unsupported = unsupportedSdk()
  if (unsupported) process.emitWarning(unsupported, { type: 'SpyglassWarning' })
  const { aggregates, decision, shapes } = agent.recorder
  const keep = new KeepProcessor({ aggregates, decision, shapes, exporter: agent.exporter, slowStatementMs: settings.slowStatementMs })
  const sdk = new NodeSDK({
    metricReaders: [],
    logRecordProcessors: [],
    ...configuration,
    spanProcessors: [...(configuration.spanProcessors ?? []), keep],
  })
  sdk.start()
  installAgent(agent)
  flushAtExit(agent)
  return sdk
}
