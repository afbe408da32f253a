import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { instrumentations, switchedOff } from '../../../agent/src/instrument/table.ts'
import { projectFiles, ROOT } from '../../support/sources.ts'

test('a name and a version range are given once for each library', () => {
  const names = instrumentations.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  expect(instrumentations.filter((row) => row.package !== undefined && !row.versions).map(({ name }) => name)).toEqual([])
})

test('what the reference says of the forms of a library is tested in each of them', () => {
  const tests = projectFiles()
    .filter((path) => /^test\/agent\/instrument\/.+\.process\.test\.ts$/.test(path))
    .map((path) => readFileSync(join(ROOT, path), 'utf8'))
    .join('\n')
  const libraries = instrumentations.filter((row) => row.package !== undefined)
  const camel = (name: string) => name.replaceAll(/[-.](\w)/g, (_, letter: string) => letter.toUpperCase())
  const untested = libraries.filter(({ name }) => !tests.includes(`formsOf(${camel(name)})`))
  // Packages behind `next` have licences that CONTRIBUTING.md does not allow.
  expect(untested.map(({ name, untested: reason }) => [name, reason])).toEqual([['next', expect.stringContaining('licences')]])
  expect(libraries.filter(({ untested: reason }) => reason !== undefined).map(({ name }) => name)).toEqual(['next'])
})

test('http, as OpenTelemetry names it, stands for server and client', () => {
  expect([...switchedOff(['http', 'pg', 'nothing'])]).toEqual([
    'http-server',
    'http-upgrade',
    'http2-server',
    'http-client',
    'http2-client',
    'pg',
    'nothing',
  ])
})
