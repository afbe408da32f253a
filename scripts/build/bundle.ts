/**
 * Makes the JavaScript of a workspace's dist: its entries in their places, and what they share as chunks beside them. A process then loads some
 * dozens of files instead of hundreds, in half of the time and with a fifth less memory. Other packages stay apart, so that each is there
 * once in a process.
 */
import { relative } from 'node:path'
import { type Plugin, rolldown } from 'rolldown'

export interface Bundle {
  /** Where the sources are and where the JavaScript goes. */
  readonly source: string
  readonly to: string
  /** Modules that are loaded by others, or started: paths of their sources. */
  readonly entries: readonly string[]
  /** `cjs`: one file per entry, which shares nothing. Default: modules. */
  readonly format?: 'cjs'
  /** With the sources in them. */
  readonly maps?: boolean
}

const PLACE = '\0place'

export async function bundle({ source, to, entries, format, maps = false }: Bundle): Promise<void> {
  const input = Object.fromEntries(entries.map((file) => [relative(source, file).replace(/\.ts$/, ''), file]))
  const bundler = await rolldown({
    input,
    platform: 'node',
    external: (id) => !/^[./\0]/.test(id) || id.endsWith('.cjs'),
    plugins: format ? [] : [places(source, new Set(entries))],
    logLevel: 'warn',
  })
  await bundler.write({
    dir: to,
    format: format ?? 'es',
    entryFileNames: format ? '[name].cjs' : '[name].js',
    chunkFileNames: '[name]-[hash].js',
    codeSplitting: format ? false : { groups: [{ name: 'place', test: PLACE }] },
    comments: false,
    sourcemap: maps,
  })
  await bundler.close()
}

/** What a module reads by its own address stays where it was, though the module is in a chunk now. An entry is in its place anyhow. */
function places(source: string, entries: ReadonlySet<string>): Plugin {
  return {
    name: 'places',
    resolveId: (id) => (id === PLACE ? id : undefined),
    load: (id) => (id === PLACE ? 'export const place = (file) => new URL(file, import.meta.url).href' : undefined),
    transform(code, id) {
      if (!code.includes('import.meta.url') || id === PLACE || entries.has(id)) return undefined
      const own = JSON.stringify(relative(source, id).replace(/\.ts$/, '.js'))
      const placed = code.replaceAll('import.meta.url', `placeOfModule(${own})`)
      // In the first line, so that all lines stay where a source map has them.
      return { code: `import { place as placeOfModule } from ${JSON.stringify(PLACE)}; ${placed}`, map: null }
    },
  }
}
