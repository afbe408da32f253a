/** Says what this process records: one log record some seconds after its start, and one line on standard error for a library that no hook reaches. */
import { writeSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'
import { attempt, guarded } from '../guard/guard.ts'
import type { Sighting, Sightings, Status } from '../instrument/sightings.ts'
import type { LogSink } from '../logs/log-sink.ts'
import { errors } from './errors.ts'

/** By then most applications have loaded what they use. */
const TELL_AFTER_MS = 10_000
const INFO = { severityNumber: 9, severityText: 'INFO' } as const
const ORDER: readonly Status[] = ['recorded', 'too old', 'too new', 'failed', 'bundled', 'off']

/** `recorded: http-server, pg 8.23.1; too old: mysql2 1.7.0`. What the process did not load is not named. */
export function sightingsLine(sightings: readonly Sighting[]): string {
  const parts = ORDER.map((status) => {
    const names = sightings
      .filter((sighting) => sighting.status === status)
      .map(({ name, version }) => (version ? `${name} ${version}` : name))
    return names.length > 0 ? `${status}: ${names.join(', ')}` : ''
  })
  return parts.filter(Boolean).join('; ')
}

export function tellSightings(sightings: Sightings, sink: LogSink): void {
  if (!isMainThread) return
  const tell = guarded('sightings', () =>
    sink.write({ timeMs: Date.now(), ...INFO, body: `Spyglass: ${sightingsLine(sightings.all())}`, ids: undefined }),
  )
  setTimeout(tell, TELL_AFTER_MS).unref()
}

/** Past process.stderr, which would be set up by being asked for. */
export function tellBundled(library: string, file: string): void {
  if (!isMainThread) return
  const text = errors.SPY_AGENT_BUNDLED.replace('%s', library).replace('%s', file)
  attempt('bundled', () => writeSync(2, `SPY_AGENT_BUNDLED: ${text}\n`), 0)
}
