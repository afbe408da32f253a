/** Starts the agent in this process, once however often it is asked. */
import process from 'node:process'
import { instrumentFastify } from '../instrument/fastify.ts'
import { instrumentHttpClient } from '../instrument/http-client.ts'
import { instrumentHttpServer } from '../instrument/http-server.ts'
import { installPatches } from '../instrument/module-hooks.ts'
import { openTelemetryPatches } from '../instrument/opentelemetry/api-registration.ts'
import { pgPatches } from '../instrument/pg.ts'
import { instrumentUndici } from '../instrument/undici.ts'
import { captureConsole } from '../logs/console-logs.ts'
import { captureCrash } from '../logs/crash.ts'
import { LogSink } from '../logs/log-sink.ts'
import { pinoPatch } from '../logs/pino-logs.ts'
import { readSettings } from '../settings/settings.ts'
import { type Agent, currentAgent, installAgent } from '../current-agent.ts'
import { flushAtExit } from './exit-flush.ts'
import { SpyglassAgent } from './spyglass-agent.ts'

export function startAgent(env: Readonly<Record<string, string | undefined>> = process.env): Agent {
  const present = currentAgent()
  if (present) return present
  const { settings, mistakes } = readSettings(env)
  for (const mistake of mistakes) process.emitWarning(mistake, { type: 'SpyglassWarning' })
  const agent = new SpyglassAgent(settings)
  installAgent(agent)
  instrument(agent, settings.logs ? new LogSink(agent.exporter) : undefined)
  flushAtExit({ exporter: agent.exporter, collect: () => agent.collect() })
  return agent
}

function instrument({ recorder }: SpyglassAgent, logs: LogSink | undefined): void {
  instrumentHttpServer(recorder)
  instrumentFastify()
  instrumentUndici(recorder)
  instrumentHttpClient(recorder)
  installPatches([...pgPatches(recorder), ...openTelemetryPatches(recorder), pinoPatch(recorder, logs)])
  if (logs) captureConsole(logs, recorder)
  captureCrash(recorder, logs)
}
