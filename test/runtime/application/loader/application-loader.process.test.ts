/** The rules of the loader, in programs that run in processes of their own: ES modules and CommonJS alike. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { tempFolder } from '../../../support/temp-folder.ts'
import { until } from '../../../support/until.ts'
import type { Files } from '../fixture.ts'
import { start } from '../program/alone.ts'

const aPackage = (name: string, version = '1.0.0'): Files => ({
  [`node_modules/${name}/package.json`]: JSON.stringify({ name, version, main: 'index.cjs' }),
  [`node_modules/${name}/index.cjs`]: `module.exports = '${name}@${version} of ' + __dirname.split('/').at(-3)`,
})

function write(root: string, files: Files): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
}

/** A program that tries each module in both ways, and answers with what it got: the value, or the code of the error. */
const TRIES = `import { createRequire } from 'node:module'
const require = createRequire(import.meta.url)
const text = (module) => String(module.default ?? Object.keys(module).length)
async function attempt(specifier) {
  const imported = await import(specifier).then(text, ({ code }) => code)
  let required
  try { required = text({ default: require(specifier) }) } catch ({ code }) { required = code }
  return imported === required || required === 'MODULE_NOT_FOUND' && imported === 'ERR_MODULE_NOT_FOUND' ? imported : [imported, required]
}
export default async (req, res) => res.end(JSON.stringify(await Promise.all(JSON.parse(decodeURIComponent(req.url.slice(1))).map(attempt))))`

async function program(files: Files, at?: string) {
  const started = await start({ 'package.json': '{"type":"module","main":"main.js"}', 'main.js': TRIES, ...files }, {}, at)
  return {
    ...started,
    tries: async (...specifiers: string[]): Promise<unknown> =>
      (await fetch(`${started.url}/${encodeURIComponent(JSON.stringify(specifiers))}`)).json(),
    attribute: (name: string) => started.attribute('Loader', name),
  }
}

test('nothing is found above the folder of the application; what is linked into it or named by its path is', async () => {
  const outside = tempFolder()
  write(outside, { ...aPackage('outer'), 'shared.cjs': 'module.exports = "shared"', ...aPackage('linked') })
  const folder = join(outside, 'apps/a')
  write(folder, aPackage('own'))
  symlinkSync(join(outside, 'node_modules/linked'), join(folder, 'node_modules/linked'))
  const { tries, attribute } = await program({}, folder)
  expect(await tries('own', 'outer', '../../shared.cjs', 'linked', join(outside, 'shared.cjs'))).toEqual([
    'own@1.0.0 of a',
    'SPY_MODULE_OUTSIDE',
    'SPY_MODULE_OUTSIDE',
    `linked@1.0.0 of ${outside.split('/').at(-1)}`,
    'shared',
  ])
  expect(await attribute('root')).toBe(folder)
})

test('a member of a workspace finds what is hoisted to its root', async () => {
  const workspace = tempFolder()
  write(workspace, { ...aPackage('hoisted'), 'package.json': '{"workspaces":["apps/*"]}' })
  const folder = join(workspace, 'apps/a')
  const { tries, attribute } = await program({}, folder)
  expect(await tries('hoisted')).toEqual([`hoisted@1.0.0 of ${workspace.split('/').at(-1)}`])
  expect(await attribute('root')).toBe(workspace)
})

test('repositories are searched after the application’s own packages, in their order', async () => {
  const { tries, attribute } = await program({
    ...aPackage('both', '1.0.0'),
    'lib/one/node_modules/both/package.json': '{"name":"both","version":"2.0.0","main":"index.cjs"}',
    'lib/one/node_modules/both/index.cjs': 'module.exports = "both of one"',
    'lib/two/node_modules/extra/package.json': '{"name":"extra","version":"3.0.0","main":"index.cjs"}',
    'lib/two/node_modules/extra/index.cjs': 'module.exports = "extra of two"',
    'spyglass.app.yaml': 'loader: { repositories: [lib/one, lib/two/node_modules, lib/none] }',
  })
  expect(await tries('both', 'extra', 'absent')).toEqual(['both@1.0.0 of a', 'extra of two', 'ERR_MODULE_NOT_FOUND'])
  expect(await attribute('packages')).toEqual(['both@1.0.0', 'extra@3.0.0'])
})

test('rules deny a module of Node, a package or one file, and give the server’s copy or the application’s own', async () => {
  const { tries, attribute } = await program({
    ...aPackage('secret'),
    ...aPackage('@spyglass/agent', '0.0.1'),
    ...aPackage('pino', '0.0.1'),
    'legacy/db.cjs': 'module.exports = "legacy"',
    'legacy/ok.cjs': 'module.exports = "ok"',
    'spyglass.app.yaml': `loader:
  rules:
    - { match: child_process, order: deny }
    - { match: secret, order: deny }
    - { match: ./legacy/db.cjs, order: deny }
    - { match: pino, order: parent-first }`,
  })
  expect(
    await tries(
      'node:child_process',
      'child_process',
      'secret',
      'secret/index.cjs',
      './legacy/db.cjs',
      './legacy/ok.cjs',
      '@spyglass/process/logger',
    ),
  ).toEqual([
    'SPY_MODULE_DENIED',
    'SPY_MODULE_DENIED',
    'SPY_MODULE_DENIED',
    'SPY_MODULE_DENIED',
    'SPY_MODULE_DENIED',
    'ok',
    'SPY_MODULE_DENIED',
  ])
  expect(await attribute('deniedModules')).toBe(12)
  expect(String(await tries('pino'))).not.toContain('0.0.1')
  expect(String(await tries('@spyglass/agent'))).not.toContain('0.0.1')
})

test('modules of Node cannot be replaced, and two applications have libraries of their own', async () => {
  const mine = await program({ ...aPackage('fs', '9.9.9'), ...aPackage('lib', '1.0.0') })
  const yours = await program(aPackage('lib', '2.0.0'))
  expect(String(await mine.tries('fs'))).not.toContain('9.9.9')
  expect([await mine.tries('lib'), await yours.tries('lib')]).toEqual([['lib@1.0.0 of a'], ['lib@2.0.0 of a']])
})

test('what was found or is not there is looked for once', async () => {
  const { tries, attribute } = await program({
    ...aPackage('lib'),
    'main.js': `import { createRequire } from 'node:module'
      const require = createRequire(import.meta.url)
      export default async (req, res) => {
        for (let i = 0; i < 5; i++) {
          try { require('absent') } catch {}
          await import('./neighbour.js?' + i)
        }
        res.end('[]')
      }`,
    'neighbour.js': "import 'lib'",
  })
  await tries()
  expect(await attribute('missingModules')).toBe(1)
  expect(await attribute('missingHits')).toBe(4)
  expect(await attribute('cacheHits')).toBeGreaterThanOrEqual(4)
  expect(await attribute('loadedModules')).toBe(3)
})

test('require.resolve with paths looks there each time, also for what is not found without', async () => {
  const { url } = await program({
    ...Object.fromEntries(['one', 'two'].map((at) => [`${at}/node_modules/lib/index.js`, '']).map(([file, text]) => [file!, text!])),
    'main.js': `import { createRequire } from 'node:module'
      import { join } from 'node:path'
      const require = createRequire(import.meta.url)
      const at = (...folders) => require.resolve('lib', { paths: folders.map((folder) => join(import.meta.dirname, folder)) }).split('/').at(-4)
      const tried = (ask) => { try { return ask() } catch (error) { return error.code } }
      const seen = [tried(() => require('lib')), at('one'), at('two'), at('two', 'one'), tried(() => require('lib')), at('one')]
      export default (req, res) => res.end(JSON.stringify(seen))`,
  })
  const missing = 'MODULE_NOT_FOUND'
  expect(await (await fetch(url)).json()).toEqual([missing, 'one', 'two', 'two', missing, 'one'])
})

test('preload runs before the program, and the hooks of its life at their time', async () => {
  const started = await program({
    'main.js': 'export default (req, res) => res.end(JSON.stringify(globalThis.seen))',
    'warm.js': 'globalThis.seen = ["preloaded"]',
    'life.js': `import { appendFileSync } from 'node:fs'
      const note = (event) => { globalThis.seen?.push(event); appendFileSync(process.env.DATA + '/life.txt', event + ' ') }
      export const started = () => note('started')
      export const stopping = () => note('stopping')
      export const stopped = () => { note('stopped'); throw new Error('a hook may fail') }`,
    'spyglass.app.yaml': 'loader: { preload: [./warm.js] }\nlifecycle: ./life.js',
  })
  expect(await (await fetch(started.url)).json()).toEqual(['preloaded', 'started'])
  await started.stop()
  expect(started.read('life.txt')).toBe('started stopping stopped ')
})

test('a reloadable application says so when a file that it has loaded has changed', async () => {
  const started = await program({
    'main.js': "import './part.js'\nexport default (req, res) => res.end('ok')",
    'part.js': '',
    'spyglass.app.yaml': 'loader: { reloadable: true, checkIntervalMs: 100 }',
  })
  writeFileSync(join(started.folder, 'notes.txt'), 'not a module')
  writeFileSync(join(started.folder, 'part.js'), '// changed')
  expect(await until(() => started.modified[0])).toBe('a')
  await until(async () => (await started.attribute('modified')) === 1)
  expect(started.modified).toEqual(['a'])
})

test('hooks of the application’s own decide before the rules of its loader', async () => {
  const { tries } = await program({
    'hooks.js': `import { registerHooks } from 'node:module'
      const url = new URL('./word.cjs', import.meta.url).href
      registerHooks({ resolve: (specifier, context, next) => (specifier === 'the-word' ? { url, shortCircuit: true } : next(specifier, context)) })`,
    'word.cjs': 'module.exports = "of the hook"',
    'spyglass.app.yaml': 'import: [./hooks.js]',
  })
  expect(await tries('the-word')).toEqual(['of the hook'])
})

test('a module that has changed stays as it was loaded, and without reloadable nobody looks', async () => {
  const started = await program({ 'word.cjs': 'module.exports = "old"' })
  expect(await started.tries('./word.cjs')).toEqual(['old'])
  writeFileSync(join(started.folder, 'word.cjs'), 'module.exports = "new"')
  expect(await started.tries('./word.cjs')).toEqual(['old'])
  expect(await started.attribute('reloadable')).toBe(false)
})
