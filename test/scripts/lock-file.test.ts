import { expect, test } from 'vitest'
import { completePackages, type LockPackages, missingEntries, unverifiedPackages } from '../../scripts/lock-file.ts'
import { readProjectFile } from '../support/sources.ts'

const { packages } = JSON.parse(readProjectFile('package-lock.json')) as { packages: LockPackages }

test('the lock file names the optional packages of every platform, or `npm ci` would refuse it', () => {
  expect(Object.keys(missingEntries(packages)), 'run: node scripts/complete-lock.ts').toEqual([])
})

/** The engine for platforms that the registry which made the lock file does not have. The list only gets shorter. */
const unverified = ['@chdb/lib-darwin-arm64', '@chdb/lib-darwin-x64', '@chdb/lib-linux-arm64-gnu']

test('every package of the lock file has an integrity hash', () => {
  expect(Object.keys(packages).length).toBeGreaterThan(300)
  expect(unverifiedPackages(packages), 'see scripts/lock-file.ts').toEqual(unverified)
})

test('a package without a hash is found, wherever it lies; workspaces have none', () => {
  const found = unverifiedPackages({
    '': {},
    agent: { version: '1.0.0' },
    'node_modules/ours': { link: true },
    'node_modules/a': { version: '1.0.0', integrity: 'sha512-x' },
    'node_modules/a/node_modules/@b/c': { version: '1.0.0', optional: true },
  })
  expect(found).toEqual(['@b/c'])
})

test('a missing entry gets its version and its platform', () => {
  const incomplete = {
    'node_modules/tool': {
      dev: true,
      optionalDependencies: { '@tool/binding-linux-arm64-musl': '1.2.3', '@tool/darwin-x64': '1.2.3', fsevents: '^2.0.0' },
    },
    'node_modules/@tool/darwin-x64': { version: '1.2.3' },
  }
  const added = { version: '1.2.3', os: ['linux'], cpu: ['arm64'], libc: ['musl'], dev: true, optional: true }
  expect(missingEntries(incomplete)).toEqual({ 'node_modules/@tool/binding-linux-arm64-musl': added })
  expect(missingEntries(completePackages(incomplete))).toEqual({})
})
