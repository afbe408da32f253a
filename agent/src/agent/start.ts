/** Starts the agent in this process; further calls do nothing. */
import process from 'node:process'
import { attempt } from '../guard/guard.ts'
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
import { now } from '../recorder/clock.ts'
import { readSettings } from '../settings/settings.ts'
import { type Agent, currentAgent, installAgent } from '../current-agent.ts'
import { flushAtExit } from './exit-flush.ts'
import { SpyglassAgent } from './spyglass-agent.ts'
import { tellMistakes } from './tell-mistakes.ts'

export function startAgent(env: Readonly<Record<string, string | undefined>> = process.env): Agent {
  const present = currentAgent()
  if (present) return present
  const { settings, mistakes } = readSettings(env)
  const agent = new SpyglassAgent(settings)
  tellMistakes([...mistakes, ...agent.mistakes])
  installAgent(agent)
  instrument(agent, new LogSink(agent.exporter), settings.logs)
  attempt('exit', () => flushAtExit(agent), undefined)
  return agent
}

/** Each independently: if one fails, the others keep working. */
function instrument({ recorder, spool }: SpyglassAgent, sink: LogSink, capturesLogs: boolean): void {
  const logs = capturesLogs ? sink : undefined
  const parts: Readonly<Record<string, () => void>> = {
    'http.server': () => instrumentHttpServer(recorder),
    fastify: instrumentFastify,
    undici: () => instrumentUndici(recorder),
    'http.client': () => instrumentHttpClient(recorder),
    modules: () => installPatches([...pgPatches(recorder), ...openTelemetryPatches(recorder), pinoPatch(recorder, logs)]),
    console: () => logs && captureConsole(logs, recorder),
    crash: () => captureCrash(recorder, sink, () => spool?.write(now())),
  }
  for (const [name, install] of Object.entries(parts)) attempt(name, install, undefined)
}
