import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { afterAll, expect, test } from 'vitest'
import type { ApplicationContext } from '../../../runtime/src/application/application-context.ts'
import { loadApplication, mainModule } from '../../../runtime/src/application/load-application.ts'
import { type Files, writeApplication } from './fixture.ts'

const root = mkdtempSync(join(tmpdir(), 'spyglass-load-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let folders = 0
const write = (files: Files | string): string => writeApplication(root, `a${folders++}`, files)

const context = {
  name: 'a',
  contextPath: '/a',
  logger: pino({ enabled: false }),
  signal: new AbortController().signal,
} as unknown as ApplicationContext

test('the main module is what exports, main or an index file names', () => {
  const folder = write({ 'lib/app.js': '', 'index.ts': '', 'other.mjs': '' })
  expect(mainModule(folder, {})).toBe(join(folder, 'index.ts'))
  expect(mainModule(folder, { main: 'lib/app' })).toBe(join(folder, 'lib/app.js'))
  expect(mainModule(folder, { main: 'lib/app.js', exports: './other.mjs' })).toBe(join(folder, 'other.mjs'))
  expect(mainModule(folder, { exports: { '.': { types: './x.d.ts', browser: './no.js', import: { default: './other.mjs' } } } })).toBe(
    join(folder, 'other.mjs'),
  )
  expect(mainModule(folder, { exports: { browser: './no.js', default: './lib/app.js' } })).toBe(join(folder, 'lib/app.js'))
  expect(() => mainModule(folder, { main: 'nowhere.js' })).toThrow(expect.objectContaining({ code: 'SPY_APPLICATION_NO_MAIN' }))
})

test('a factory may be a default export, a named create, TypeScript, or CommonJS in either way', async () => {
  const handler = '() => (req, res) => res.end()'
  const kinds: Files[] = [
    { 'index.mjs': `export default ${handler}` },
    { 'index.mjs': `export const create = async ${handler}` },
    { 'index.ts': 'export default (context: { name: string }) => ({ handler: (): string => context.name })' },
    { 'index.cjs': `module.exports = ${handler}` },
    { 'index.cjs': `exports.create = ${handler}` },
    { 'index.cjs': `exports.default = ${handler}` },
  ]
  for (const files of kinds) {
    const { handler, version } = await loadApplication(write(files), context)
    expect(handler).toBeTypeOf('function')
    expect(version).toBe('')
  }
})

test('a module without a factory, or a factory without a handler, is refused with what it should be', async () => {
  await expect(loadApplication(write('export const x = 1'), context)).rejects.toMatchObject({ code: 'SPY_APPLICATION_NO_FACTORY' })
  await expect(loadApplication(write('export default () => 7'), context)).rejects.toMatchObject({
    code: 'SPY_APPLICATION_NO_HANDLER',
    message: expect.stringContaining('returned number') as string,
  })
  await expect(loadApplication(write('export default () => null'), context)).rejects.toThrow('returned null')
})

test('a handler with a close is closed once asked, a Fastify instance as well', async () => {
  const fastify = import.meta.resolve('fastify')
  const closed: string[] = []
  Object.assign(context, { closed })
  const own = 'export default (context) => ({ handler() {}, close: async () => context.closed.push("own") })'
  const withFastify = `import fastify from '${fastify}'
    export default (context) => { const app = fastify(); app.addHook('onClose', async () => { context.closed.push('fastify') }); return app }`
  for (const source of [own, withFastify]) {
    const { close, version } = await loadApplication(write(source), context)
    expect(version).toBe('1.2.3')
    await close()
  }
  expect(closed).toEqual(['own', 'fastify'])
})
