/** The programs of test/fixtures/programs, each in a folder of its own with the packages it needs, as a deployed application has them. */
import { execFile } from 'node:child_process'
import { hash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ROOT } from './sources.ts'

const execute = promisify(execFile)
const SOURCES = join(ROOT, 'test/fixtures/programs')
const CACHE = join(ROOT, '.cache/programs')

export interface Programs extends Disposable {
  /** The folder of a program. */
  folderOf(name: string): string
}

/** Installs what they need by their own lock file, once, and copies them. The registry must be reachable the first time. */
export async function deployPrograms(names: readonly string[]): Promise<Programs> {
  const packages = await installed()
  const root = mkdtempSync(join(CACHE, 'deployed-')) // beside the packages: they are linked, not copied
  for (const name of names) {
    const folder = join(root, name)
    cpSync(join(SOURCES, name), folder, { recursive: true })
    await execute('cp', ['-al', join(packages, 'node_modules'), folder])
  }
  return { folderOf: (name) => join(root, name), [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true, maxRetries: 5 }) }
}

async function installed(): Promise<string> {
  const folder = join(CACHE, hash('sha256', readFileSync(join(SOURCES, 'package-lock.json'))).slice(0, 16))
  if (existsSync(folder)) return folder
  mkdirSync(CACHE, { recursive: true })
  const aside = mkdtempSync(`${folder}-`)
  try {
    for (const file of ['package.json', 'package-lock.json']) cpSync(join(SOURCES, file), join(aside, file))
    await execute('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: aside })
    renameSync(aside, folder)
  } catch (error) {
    rmSync(aside, { recursive: true, force: true })
    throw error
  }
  return folder
}

/** Compiles the TypeScript of a program by its own tsconfig.json, as its build script would. */
export async function compile(folder: string): Promise<void> {
  await execute(join(ROOT, 'node_modules/.bin/tsc'), ['-p', folder])
}
