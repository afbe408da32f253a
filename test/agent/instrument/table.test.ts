import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { instrumentations, switchedOff } from '../../../agent/src/instrument/table.ts'
import { projectFiles, ROOT } from '../../support/sources.ts'

/** Recorded long before the table, and tested in one form so far. Packages behind `next` have licences that CONTRIBUTING.md does not allow. */
const ONE_FORM = new Set(['fastify', 'next', 'opentelemetry-api', 'pino', 'router'])

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
  const untested = instrumentations.filter((row) => row.package !== undefined && !ONE_FORM.has(row.name))
  const camel = (name: string) => name.replaceAll(/[-.](\w)/g, (_, letter: string) => letter.toUpperCase())
  expect(untested.map(({ name }) => camel(name)).filter((name) => !tests.includes(`formsOf(${name})`))).toEqual([])
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
