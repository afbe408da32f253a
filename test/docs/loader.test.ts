/** Each rule of docs/loader.md is held by a test that exists. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from '../support/sources.ts'

const text = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

/** By the first words of a row: a file in test/, and the beginning of the name of its test. */
const TESTS: Readonly<Record<string, readonly [file: string, name: string]>> = {
  'system classes cannot be replaced': ['application-loader.process', 'modules of Node cannot be replaced'],
  'repositories: `/WEB-INF/classes`': ['application-loader.process', 'repositories are searched after'],
  'its own copy of each library': ['application-loader.process', 'modules of Node cannot be replaced, and two applications have libraries'],
  'nothing outside the context': ['application-loader.process', 'nothing is found above the folder'],
  '`delegate`: the parent first': [
    'application-loader.process',
    'rules deny a module of Node, a package or one file, and give the server’s copy',
  ],
  'package triggers': ['module-rules', 'packages of the server are the server’s'],
  'denied packages': ['application-loader.process', 'rules deny a module of Node'],
  'one policy for each class': ['module-rules', 'a rule is for a specifier, a package with all that is in it, or a file'],
  'cache of loaded classes': ['resolve-cache', 'what was found and what was not are counted apart'],
  '`modified()`, checked every 15 seconds': ['modified-check', 'a change counts when two looks in a row see the same'],
  'the context is reloaded by another thread': ['../../../e2e/reloadable', 'a changed module is served without anybody asking'],
  '`reloadable` off by default': ['application-loader.process', 'a module that has changed stays as it was loaded, and without reloadable'],
  'a loader class of one': ['application-loader.process', 'hooks of the application’s own'],
  preloading: ['application-loader.process', 'preload runs before the program'],
  'lifecycle events': ['application-loader.process', 'preload runs before the program, and the hooks of its life'],
  'MBean of the loader': ['application-loader.process', 'what was found or is not there is looked for once'],
  'classes are never unloaded singly': ['application-loader.process', 'a module that has changed stays as it was loaded'],
}

test('every row of the table has a test of that name', () => {
  const rows = [...text('docs/loader.md').matchAll(/^\| (?!-|WebappLoader)(.+?) +\|/gm)].map(([, rule]) => rule ?? '')
  expect(rows.length).toBeGreaterThan(0)
  const begun = Object.keys(TESTS)
  expect(rows.filter((rule) => !begun.some((words) => rule.startsWith(words)))).toEqual([])
  expect(begun.filter((words) => !rows.some((rule) => rule.startsWith(words)))).toEqual([])
  const missing = Object.values(TESTS).filter(
    ([file, name]) => !text(`test/runtime/application/loader/${file}.test.ts`).includes(`\ntest('${name}`),
  )
  expect(missing).toEqual([])
})
