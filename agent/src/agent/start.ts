/** Starts the agent in this process; further calls do nothing. */
import process from 'node:process'
import { attempt } from '../guard/guard.ts'
import { attachAll } from '../instrument/attach.ts'
import { instrumentations, switchedOff } from '../instrument/table.ts'
import { captureCrash } from '../logs/crash.ts'
import { type LineIds, LogSink, currentIds } from '../logs/log-sink.ts'
import { now } from '../recorder/clock.ts'
import { readSettings } from '../settings/settings.ts'
import { type Agent, currentAgent, installAgent } from '../current-agent.ts'
import { flushAtExit } from './exit-flush.ts'
import { SpyglassAgent } from './spyglass-agent.ts'
import { tellMistakes } from './tell-mistakes.ts'
import { tellBundled, tellSightings } from './tell-sightings.ts'

export function startAgent(env: Readonly<Record<string, string | undefined>> = process.env): Agent {
  const present = currentAgent()
  if (present) return present
  const { settings, mistakes } = readSettings(env)
  const agent = new SpyglassAgent(settings)
  const off = switchedOff(settings.disabledInstrumentations)
  tellMistakes([...mistakes, ...agent.mistakes, ...unknownNames(off)])
  installAgent(agent)
  instrument(agent, new LogSink(agent.exporter), { off, capturesLogs: settings.logs })
  attempt('exit', () => flushAtExit(agent), undefined)
  return agent
}

function instrument(
  agent: SpyglassAgent,
  sink: LogSink,
  { off, capturesLogs }: { readonly off: ReadonlySet<string>; readonly capturesLogs: boolean },
): void {
  const { recorder } = agent
  const ids = (): LineIds | undefined => currentIds(recorder)
  const sightings = attachAll(
    { recorder, logs: capturesLogs ? sink : undefined, ids },
    { table: instrumentations, off, onBundled: (library, file) => tellBundled(library, file) },
  )
  attempt(
    'crash',
    () => captureCrash({ findIds: ids, sink, count: (error) => recorder.countUncaught(error), save: () => saved(agent) }),
    undefined,
  )
  attempt('sightings', () => tellSightings(sightings, sink), undefined)
}

function saved(agent: SpyglassAgent): void {
  agent.settle()
  agent.spool?.write(now())
}

function unknownNames(off: ReadonlySet<string>): string[] {
  const names = new Set(instrumentations.map(({ name }) => name))
  return [...off]
    .filter((name) => !names.has(name))
    .map((name) => `OTEL_NODE_DISABLED_INSTRUMENTATIONS names ${JSON.stringify(name)}, which does not exist`)
}
