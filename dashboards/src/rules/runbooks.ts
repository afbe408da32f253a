/** The pages for the person on call that come with the version: in the project under docs/, in the package beside the code. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PACKAGED = fileURLToPath(new URL('../runbooks/', import.meta.url))
const IN_PROJECT = fileURLToPath(new URL('../../../docs/runbooks/', import.meta.url))

let known: ReadonlyMap<string, string> | undefined

/** Their names, as in an address: `pool-exhausted`. */
export const runbookPages = (): readonly string[] => [...pages().keys()]

/** The text of one as Markdown; undefined when there is none of that name. */
export const runbookText = (name: string): string | undefined => pages().get(name)

function pages(): ReadonlyMap<string, string> {
  return (known ??= read(existsSync(PACKAGED) ? PACKAGED : IN_PROJECT))
}

function read(folder: string): ReadonlyMap<string, string> {
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.md')) : []
  return new Map(files.map((file) => [file.slice(0, -'.md'.length), readFileSync(join(folder, file), 'utf8')]))
}
