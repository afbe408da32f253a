import { expect, test } from 'vitest'
import { completePackages, missingEntries } from '../../scripts/lock-file.ts'
import { readProjectFile } from '../support/sources.ts'

test('the lock file names the optional packages of every platform, or `npm ci` would refuse it', () => {
  const lock = JSON.parse(readProjectFile('package-lock.json')) as { packages: Record<string, object> }
  expect(Object.keys(missingEntries(lock.packages)), 'run: node scripts/complete-lock.ts').toEqual([])
})

test('a missing entry gets its version and its platform', () => {
  const packages = {
    'node_modules/tool': {
      dev: true,
      optionalDependencies: { '@tool/binding-linux-arm64-musl': '1.2.3', '@tool/darwin-x64': '1.2.3', fsevents: '^2.0.0' },
    },
    'node_modules/@tool/darwin-x64': { version: '1.2.3' },
  }
  const added = { version: '1.2.3', os: ['linux'], cpu: ['arm64'], libc: ['musl'], dev: true, optional: true }
  expect(missingEntries(packages)).toEqual({ 'node_modules/@tool/binding-linux-arm64-musl': added })
  expect(missingEntries(completePackages(packages))).toEqual({})
})
