/** Attaches every instrumentation of the table, each independently: if one fails, the others keep working. */
import { attempt } from '../guard/guard.ts'
import { MIN_BUNDLE, isBundledIn } from './bundles.ts'
import type { Attachment, Instrumentation, ModulePatch } from './instrumentation.ts'
import { type Attached, installModuleHooks } from './module-hooks.ts'
import { openTelemetryApi } from './opentelemetry/api-registration.ts'
import { Sightings } from './sightings.ts'

export interface AttachOptions {
  readonly table: readonly Instrumentation[]
  /** Names of those that are switched off. */
  readonly off: ReadonlySet<string>
  /** A library was found in a bundle, where it cannot be recorded. Once for each library. */
  readonly onBundled: (library: string, file: string) => void
}

export function attachAll(to: Attachment, { table, off, onBundled }: AttachOptions): Sightings {
  const sightings = new Sightings(table, off)
  const attached: Attached[] = []
  for (const instrumentation of table) {
    if (off.has(instrumentation.name)) continue
    const patches = attempt(instrumentation.name, () => instrumentation.attach(to), undefined)
    attached.push({ instrumentation, patches: patches ?? NONE })
  }
  const marked = attached.map(({ instrumentation }) => instrumentation).filter(({ mark }) => mark !== undefined)
  attempt(
    'modules',
    () => installModuleHooks({ attached, sightings, ownFile: (url, source) => findBundled(url, source, { marked, sightings, onBundled }) }),
    undefined,
  )
  return sightings
}

const NONE: readonly ModulePatch[] = []

/** Next.js has a copy of the OpenTelemetry API in what it builds, whether the application uses one or not. */
const isOfNext = (name: string, url: string): boolean => name === openTelemetryApi.name && url.includes('/.next/')

function findBundled(
  url: string,
  source: string | ArrayBuffer | NodeJS.TypedArray,
  {
    marked,
    sightings,
    onBundled,
  }: Pick<AttachOptions, 'onBundled'> & { readonly marked: readonly Instrumentation[]; readonly sightings: Sightings },
): void {
  const size = typeof source === 'string' ? source.length : source.byteLength
  if (size < MIN_BUNDLE || marked.length === 0) return
  const text = typeof source === 'string' ? source : Buffer.from(source as Uint8Array)
  for (const row of marked) {
    const { name, package: library = name } = row
    if (isOfNext(name, url)) continue
    if (isBundledIn(text, row) && sightings.bundled(name, url)) onBundled(library, url)
  }
}
