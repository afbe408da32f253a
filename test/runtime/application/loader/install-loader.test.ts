import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ApplicationLoader } from '../../../../runtime/src/application/loader/application-loader.ts'
import { installLoader } from '../../../../runtime/src/application/loader/install-loader.ts'
import { tempFolder } from '../../../support/temp-folder.ts'
import { writeApplication } from '../fixture.ts'

test('of applications within one another the innermost has a module; one that was taken out has none', () => {
  const outer = writeApplication(tempFolder(), 'outer', {
    'node_modules/lib/package.json': '{"name":"lib","main":"index.cjs"}',
    'node_modules/lib/index.cjs': 'module.exports = "lib"',
    'main.cjs': 'module.exports = require("lib")',
    'inner/first.cjs': 'module.exports = require("lib")',
    'inner/second.cjs': 'module.exports = require("lib")',
  })
  const inner = join(outer, 'inner')
  const load = createRequire(import.meta.url)
  const outers = new ApplicationLoader(outer, {}, import.meta.url)
  const takeOut = [installLoader(outers), installLoader(new ApplicationLoader(inner, {}, import.meta.url))]
  expect(load(join(outer, 'main.cjs'))).toBe('lib')
  expect(() => load(join(inner, 'first.cjs'))).toThrow(expect.objectContaining({ code: 'SPY_MODULE_OUTSIDE' }))
  for (const each of takeOut) each()
  expect(load(join(inner, 'second.cjs'))).toBe('lib')
  expect([outers.cache.misses, outers.files.size]).toEqual([1, 1])
})
