/** Which package a loaded file belongs to, and whether its version is one that is recorded. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export interface PackageFile {
  /** `pg`, `@redis/client`. */
  readonly package: string
  /** Folder of the package, with a slash at its end. */
  readonly folder: string
  /** Path below that folder. */
  readonly path: string
}

const FOLDER = '/node_modules/'

/** Undefined for a file of the application. Takes a file URL or a path; loaders such as tsx put a query behind it. */
export function packageFileOf(url: string): PackageFile | undefined {
  const end = url.indexOf('?')
  const place = (end < 0 ? url : url.slice(0, end)).replaceAll('\\', '/')
  const at = place.lastIndexOf(FOLDER)
  if (at < 0) return undefined
  const start = at + FOLDER.length
  const first = place.indexOf('/', start)
  const slash = place[start] === '@' ? place.indexOf('/', first + 1) : first
  if (first < 0 || slash < 0) return undefined
  return { package: place.slice(start, slash), folder: place.slice(0, slash + 1), path: place.slice(slash + 1) }
}

/** The version in the package's manifest; undefined when there is none. */
export function versionIn(folder: string): string | undefined {
  try {
    const file = folder.startsWith('file:') ? fileURLToPath(`${folder}package.json`) : `${folder}package.json`
    const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version?: unknown }
    return typeof version === 'string' ? version : undefined
  } catch {
    return undefined // a copy without its manifest
  }
}

export type Fit = 'recorded' | 'too old' | 'too new'

/** Where a version lies. An unknown one is tried. */
export function fitOf(version: string | undefined, range: readonly [from: string, below: string] | undefined): Fit {
  if (version === undefined || range === undefined) return 'recorded'
  if (compared(version, range[0]) < 0) return 'too old'
  return compared(version, range[1]) < 0 ? 'recorded' : 'too new'
}

/** By their three numbers: a pre-release counts as its release. */
function compared(one: string, other: string): number {
  const [a, b] = [numbersOf(one), numbersOf(other)]
  for (let at = 0; at < 3; at++) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

const numbersOf = (version: string): number[] =>
  version
    .replace(/[-+].*$/, '')
    .split('.')
    .map(Number)
