/** The programs of test/fixtures/programs, each in a folder of its own with the packages it needs, as a deployed application has them. */
import { execFile } from 'node:child_process'
import { hash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
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
    mkdirSync(join(folder, 'node_modules'))
    for (const path of packagesOf(folder)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      await execute('cp', ['-al', join(packages, path), join(folder, path)])
    }
  }
  return { folderOf: (name) => join(root, name), [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true, maxRetries: 5 }) }
}

interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>
}

interface LockedPackage {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

/** Where in node_modules the packages are that a program needs, with all that these need, by the lock file. Nested ones come with theirs. */
function packagesOf(folder: string): readonly string[] {
  const { packages } = JSON.parse(readFileSync(join(SOURCES, 'package-lock.json'), 'utf8')) as Lock
  const found = new Set<string>()
  const add = (from: string, { dependencies, devDependencies, optionalDependencies, peerDependencies }: LockedPackage): void => {
    for (const name of Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies, ...peerDependencies })) {
      const path = lookUp(packages, from, name)
      const known = path === undefined ? undefined : packages[path]
      if (path === undefined || known === undefined || found.has(path)) continue
      found.add(path)
      add(path, { ...known, devDependencies: {} })
    }
  }
  add('', JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as LockedPackage)
  return [...found].filter((path) => !path.includes('/node_modules/') && existsSync(join(installedFolder(), path)))
}

/** As Node finds a package: in the folder that asks, then in those above. */
function lookUp(packages: Lock['packages'], from: string, name: string): string | undefined {
  const path = `${from === '' ? '' : `${from}/`}node_modules/${name}`
  if (Object.hasOwn(packages, path) || from === '') return Object.hasOwn(packages, path) ? path : undefined
  return lookUp(packages, from.slice(0, Math.max(0, from.lastIndexOf('/node_modules/'))), name)
}

const installedFolder = (): string => join(CACHE, hash('sha256', readFileSync(join(SOURCES, 'package-lock.json'))).slice(0, 16))

async function installed(): Promise<string> {
  const folder = installedFolder()
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
