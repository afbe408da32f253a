/** Which libraries of the table an application has, and whether they are recorded; without running it. */
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { MIN_BUNDLE, isBundledIn } from '../instrument/bundles.ts'
import type { Instrumentation } from '../instrument/instrumentation.ts'
import { type Fit, fitOf, versionIn } from '../instrument/package-file.ts'

export interface Finding {
  readonly name: string
  readonly status: Fit | 'bundled' | 'unseen'
  readonly version?: string | undefined
  /** The bundle that holds it. */
  readonly file?: string
}

/** One finding for each library of the table, in its order. */
export function findLibraries(folder: string, table: readonly Instrumentation[]): Finding[] {
  const rows = table.filter((row) => row.package !== undefined)
  const folders = installedFolders(folder, rows)
  const bundles = bundlesIn(folder)
  return rows.map((row) => {
    const { name, package: library = '', versions } = row
    const installed = folders.get(library)
    const bundle = bundles.find(({ text }) => isBundledIn(text, row))
    if (bundle) return { name, status: 'bundled', file: bundle.file }
    if (installed === undefined) return { name, status: 'unseen' }
    const version = versionIn(`${installed}/`)
    return { name, status: fitOf(version, versions), version }
  })
}

/** As Node finds them: from the application's folder upwards, and from the libraries that are found, which have others. */
function installedFolders(folder: string, rows: readonly Instrumentation[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  const starts = [folder]
  for (const start of starts) {
    for (const { package: library = '' } of rows) {
      const at = found.has(library) ? undefined : installedFrom(start, library)
      if (at === undefined) continue
      found.set(library, at)
      starts.push(at)
    }
  }
  return found
}

function installedFrom(start: string, library: string): string | undefined {
  for (let folder = start; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', library)
    if (existsSync(join(candidate, 'package.json'))) return realpathSync(candidate)
    if (folder === dirname(folder)) return undefined
  }
}

const OUTPUT_FOLDERS = ['.', 'dist', 'build', 'out', 'bundle']
const MAX_FILES = 200

/** Files of JavaScript, large enough to hold a library, where builds leave them. */
function bundlesIn(folder: string): { readonly file: string; readonly text: string }[] {
  const files = OUTPUT_FOLDERS.flatMap((output) => scriptsIn(join(folder, output)))
  return files
    .filter((file) => statSync(file).size >= MIN_BUNDLE)
    .slice(0, MAX_FILES)
    .map((file) => ({ file, text: readFileSync(file, 'latin1') }))
}

function scriptsIn(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.[cm]?js$/.test(entry.name))
    .map((entry) => join(folder, entry.name))
}
