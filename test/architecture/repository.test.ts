import { expect, test } from 'vitest'
import { projectFiles, readProjectFile } from '../support/sources.ts'

const files = projectFiles()
const texts = files.filter((path) => !/\.(png|ico|woff2?|gz|bin|native)$/.test(path))

interface PackageJson {
  readonly name?: string
  readonly version: string
  readonly license?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

interface LockedPackage {
  readonly license?: string
  readonly dev?: boolean
  readonly link?: boolean
}

const packages = files
  .filter((path) => path.endsWith('package.json') && !path.startsWith('test/'))
  .map((path) => ({ path, json: JSON.parse(readProjectFile(path)) as PackageJson }))

test('no file names a folder of the machine it was written on', () => {
  const machine = /(^|[\s'"`(=:])\/(work|home\/\w+|root|Users\/\w+)\//m
  expect(texts.filter((path) => path !== 'test/architecture/repository.test.ts' && machine.test(readProjectFile(path)))).toEqual([])
})

test('the lock file names no registry', () => {
  const lock = readProjectFile('package-lock.json')
  expect(lock.match(/"resolved": "https?:/g) ?? []).toEqual([])
  expect(lock).toContain('"integrity"')
})

test('dependencies are exact versions', () => {
  const loose = packages.flatMap(({ path, json }) =>
    [json.dependencies, json.devDependencies, json.optionalDependencies].flatMap((list) =>
      Object.entries(list ?? {}).flatMap(([name, version]) =>
        /^(npm:[@\w/.-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(version) ? [] : [`${path}: ${name} ${version}`],
      ),
    ),
  )
  expect(loose).toEqual([])
})

test('packages have the licences that CONTRIBUTING.md allows', () => {
  const { packages: locked } = JSON.parse(readProjectFile('package-lock.json')) as { packages: Record<string, LockedPackage> }
  const refused = Object.entries(locked).filter(([place, { license, dev, link }]) => {
    if (!place.startsWith('node_modules/') || link || license === undefined) return false
    const isTestOnly = dev === true && (/^(BlueOak-1\.0\.0|0BSD)$/.test(license) || place.startsWith('node_modules/lightningcss'))
    return !isTestOnly && !/^(MIT|MIT-0|ISC|BSD-[23]-Clause|Apache-2\.0|\(MIT AND BSD-3-Clause\))$/.test(license)
  })
  expect(refused.map(([place, { license }]) => `${place}: ${license}`)).toEqual([])
})

test('all workspaces have one version and one licence', () => {
  const ours = packages.filter(({ json }) => json.name?.startsWith('@spyglass/') || json.name === 'spyglass')
  expect(new Set(ours.map(({ json }) => json.version)).size).toBe(1)
  expect(ours.filter(({ json }) => json.license !== undefined && json.license !== 'Apache-2.0').map(({ path }) => path)).toEqual([])
})

test.each([
  'README.md',
  'LICENSE',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
  'docs/architecture.md',
  'docs/glossary.md',
  '.ci/run',
])('%s is there', (path) => {
  expect(files).toContain(path)
})
