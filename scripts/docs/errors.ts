/** docs/reference/errors.md, from the error tables of all folders. */
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { code, document, section, table } from './markdown.ts'

export interface DeclaredError {
  readonly code: string
  readonly message: string
  readonly folder: string
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

export async function errorsPage(): Promise<string> {
  const groups = Map.groupBy(await allErrors(), ({ folder }) => folder)
  const introduction = [
    'Codes of the errors that a user can see. A code never changes its meaning; `%s` and `%d` are placeholders for text and numbers.',
    'Programs should compare codes, never messages.',
  ].join('\n')
  const sections = [...groups].map(([folder, errors]) =>
    section(
      folder,
      table(
        ['Code', 'Message'],
        errors.map((error) => [code(error.code), error.message]),
      ),
    ),
  )
  return document('Errors', introduction, sections)
}

/** Every declared error, by folder and in the order of its table. */
export async function allErrors(): Promise<DeclaredError[]> {
  const files = globSync('{*,*/*}/src/**/errors.ts', { cwd: ROOT, exclude: ['node_modules/**'] }).sort()
  const tables = await Promise.all(files.map(async (file) => errorsOf(file, await import(pathToFileURL(join(ROOT, file)).href))))
  return tables.flat()
}

function errorsOf(file: string, module: Readonly<Record<string, unknown>>): DeclaredError[] {
  const folder = file.replace('/src/', '/').replace(/\/errors\.ts$/, '')
  return Object.values(module)
    .filter(isErrorTable)
    .flatMap((errors) => Object.entries(errors).map(([name, message]) => ({ code: name, message, folder })))
}

function isErrorTable(value: unknown): value is Record<string, string> {
  if (typeof value !== 'object' || value === null) return false
  const entries = Object.entries(value)
  return entries.length > 0 && entries.every(([key, text]) => key.startsWith('SPY_') && typeof text === 'string')
}
