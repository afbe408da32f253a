import * as fc from 'fast-check'
import { basename, dirname } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { captureCallSite } from '../../../agent/src/current-agent.ts'
import { CapturedStack, applicationFrames, setSourceRoot } from '../../../agent/src/call-site/call-site.ts'

function facade(): CapturedStack {
  return new CapturedStack(facade)
}

test('the place is the line that called, without the frames of the facade', () => {
  const site = facade()
  expect(site.location()).toMatch(/test\/agent\/call-site\/call-site\.test\.ts:\d+$/)
  expect(site.frames()[0]).toMatch(/call-site\.test\.ts:\d+:/)
})

test('frames of Node, of node_modules and of the suite are omitted', () => {
  const stack = `Error
    at query (/app/node_modules/pg/lib/client.js:10:5)
    at run (node:internal/process:1:1)
    at async Object.handler (file:///app/src/orders.js?v=2:12:7)
    at /app/src/main.js:3:1
    at new Thing (/elsewhere/thing.js:1:2)
    at <anonymous>
    at ${new URL('../../../runtime/src/datasource/pool.ts', import.meta.url).href}:5:5
    at ${new URL('../../../agent/mbeans/src/jolokia/read.ts', import.meta.url).href}:5:5
    at ${new URL('../../../runtime/process/dist/config/load.js', import.meta.url).href}:5:5`
  expect(applicationFrames(stack, '/app')).toEqual([
    { function: 'Object.handler', file: 'src/orders.js', line: 12, column: 7 },
    { function: '', file: 'src/main.js', line: 3, column: 1 },
    { function: 'new Thing', file: '/elsewhere/thing.js', line: 1, column: 2 },
  ])
})

test('files are relative to the source root where one is set, else to the working directory', () => {
  const fileOf = () => applicationFrames(`    at f (${process.cwd()}/src/a.js:1:2)\n`)[0]?.file
  onTestFinished(() => setSourceRoot(''))
  expect(fileOf()).toBe('src/a.js')
  setSourceRoot(`${dirname(process.cwd())}/`)
  expect(fileOf()).toBe(`${basename(process.cwd())}/src/a.js`)
})

test('an application’s own stack formatter changes nothing', () => {
  const site = facade()
  const { prepareStackTrace } = Error // eslint-disable-line typescript/unbound-method -- it is put back, not called
  Error.prepareStackTrace = () => ({ not: 'a string' })
  try {
    expect(site.location()).toContain('call-site.test.ts:')
  } finally {
    Error.prepareStackTrace = prepareStackTrace as never
  }
})

test('the stack limit of the application stays as it was', () => {
  const limit = Error.stackTraceLimit
  facade()
  expect(Error.stackTraceLimit).toBe(limit)
})

test('without an agent the call site is taken all the same', () => {
  const find = () => captureCallSite(find)
  expect(find().location()).toMatch(/^test\/agent\/call-site\/call-site\.test\.ts:\d+$/)
})

test('no text makes it throw', () => {
  const texts = fc.oneof(fc.string(), fc.webUrl(), fc.stringMatching(/^file:\/\/\/[%a-z/.]*$/))
  fc.assert(
    fc.property(texts, (text) => {
      expect(applicationFrames(`    at ${text}:1:2\n    at f (${text}:1:2)`)).toBeInstanceOf(Array)
    }),
  )
})
