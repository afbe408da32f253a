/** An application that is reloaded when its files change, as a developer or a copy into its folder changes them. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { serverAlone, startSuite, type Suite } from '../support/suite.ts'
import { until } from '../support/until.ts'

let suite: Suite
const root = mkdtempSync(join(tmpdir(), 'spyglass-reloadable-'))
const write = (name: string, text: string): void => writeFileSync(join(root, name), text)
const answer = async (): Promise<string> => (await fetch(suite.urls.app)).text()

beforeAll(async () => {
  write('package.json', '{"type":"module","main":"main.js"}')
  write(
    'main.js',
    `import http from 'node:http'\nimport { word } from './word.js'\nhttp.createServer((req, res) => res.end(word)).listen(3000)`,
  )
  write('word.js', `export const word = 'one'`)
  write('spyglass.app.yaml', 'loader: { reloadable: true, checkIntervalMs: 300 }')
  suite = await startSuite(mkdtempSync(join(root, 'server-')), { applications: [{ name: 'words', folder: root }] }, [], serverAlone)
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
  rmSync(root, { recursive: true, force: true, maxRetries: 5 })
})

test('a changed module is served without anybody asking; a broken one leaves the old generation, until it is right again', async () => {
  expect(await answer()).toBe('one')
  write('word.js', `export const word = 'two'`)
  await until(async () => (await answer()) === 'two')
  write('word.js', `export const word = broken`)
  await until(() => readFileSync(join(suite.data, 'logs/server.log'), 'utf8').includes('broken is not defined'))
  expect(await answer()).toBe('two')
  write('word.js', `export const word = 'three'`)
  await until(async () => (await answer()) === 'three')
})
