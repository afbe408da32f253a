/** Starts the profiler of the application, if it has one: `@datadog/pprof` is no dependency of this package. */
import { createRequire } from 'node:module'
import path from 'node:path'
import process from 'node:process'
import { guarded, guardedInterval } from '../guard/guard.ts'
import type { OtlpExporter } from '../otlp/exporter.ts'
import { onEntered } from '../recorder/context.ts'
import { fail } from './errors.ts'
import { INTERVAL_MICROS, RequestProfiles, type WallProfiler } from './request-profiles.ts'

const WINDOW_MS = 10_000
/** Samples find their request by the context that follows asynchronous work, which earlier versions have no native form of. */
const MIN_NODE = 24

/** @throws SPY_AGENT_PROFILER, SPY_AGENT_PROFILER_NODE */
export function startProfiles(exporter: Pick<OtlpExporter, 'exportLogs'>, sourceRoot: string): RequestProfiles {
  if (Number(process.versions.node.split('.')[0]) < MIN_NODE) throw fail('SPY_AGENT_PROFILER_NODE', [process.versions.node])
  const profiler = applicationsProfiler()
  profiler.start({ intervalMicros: INTERVAL_MICROS, durationMillis: WINDOW_MS, withContexts: true, useCPED: true, lineNumbers: false })
  const profiles = new RequestProfiles(profiler, exporter, sourceRoot || process.cwd())
  onEntered(guarded('profile.enter', (requestContext) => profiles.entered(requestContext)))
  guardedInterval('profile', () => profiles.turn(), WINDOW_MS)
  return profiles
}

/** Looked for from the program, then from the working directory, then from here. */
function applicationsProfiler(): WallProfiler {
  const from = [process.argv[1], path.join(process.cwd(), 'package.json'), import.meta.url]
  for (const place of from) {
    const found = place === undefined ? undefined : loaded(place)
    if (found) return found
  }
  throw fail('SPY_AGENT_PROFILER', [])
}

function loaded(place: string): WallProfiler | undefined {
  try {
    return (createRequire(place)('@datadog/pprof') as { readonly time: WallProfiler }).time
  } catch {
    return undefined // it is not installed there, or has no build for this machine: the caller says so
  }
}
