import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { applicationFrames, captureCallSite, methodOf } from '../../../runtime/src/datasource/call-site.ts'

class Facade {
  find() {
    return captureCallSite(methodOf(Facade, 'find'))
  }
}

test('without an agent the call site is the line of the caller, relative to the working directory', () => {
  const site = new Facade().find()
  expect(site.location()).toMatch(/^test\/runtime\/datasource\/call-site\.test\.ts:\d+$/)
  expect(site.frames()[0]).not.toContain('find')
  expect(Error.stackTraceLimit).toBeGreaterThan(1)
})

test('frames of Node and of dependencies are left out', () => {
  const stack = [
    'Error: x',
    '    at handler (file:///srv/app/src/shop.ts:12:34)',
    '    at Object.<anonymous> (/srv/app/src/my file.ts:5:6)',
    '    at preHandlerCallbackInner (/srv/app/node_modules/fastify/lib/handle-request.js:1:2)',
    '    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)',
    '    at async Promise.all (index 0)',
  ].join('\n')
  expect(applicationFrames(stack).slice(0, 2)).toEqual([
    'handler (/srv/app/src/shop.ts:12:34)',
    'Object.<anonymous> (/srv/app/src/my file.ts:5:6)',
  ])
})

test('no text makes it throw', () => {
  const texts = fc.oneof(fc.string(), fc.webUrl(), fc.stringMatching(/^file:\/\/\/[%a-z/.]*$/))
  fc.assert(
    fc.property(texts, (text) => {
      expect(applicationFrames(`    at ${text}:1:2`)).toBeInstanceOf(Array)
      expect(applicationFrames(`    at f (${text}:1:2)`)).toBeInstanceOf(Array)
    }),
  )
})
