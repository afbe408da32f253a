import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findEntry } from '../../../../runtime/src/application/program/entry.ts'
import { tempFolder } from '../../../support/temp-folder.ts'
import { type Files, writeApplication } from '../fixture.ts'

/** Entry of an application with these files and this package.json, relative to its folder. */
async function entryOf(files: readonly string[], manifest?: unknown, more: Files = {}) {
  const all = {
    ...Object.fromEntries(files.map((file) => [file, ''])),
    ...(manifest ? { 'package.json': JSON.stringify(manifest) } : {}),
    ...more,
  }
  const folder = writeApplication(tempFolder(), 'a', all)
  const entry = await findEntry(folder)
  return { ...entry, file: entry.file.slice(folder.length + 1) }
}

test('spyglass.app.yaml comes before exports, main, scripts.start and index files', async () => {
  const files = ['index.js', 'main.js', 'exported.mjs', 'started.js', 'said.js']
  const scripts = { start: 'node started.js' }
  const file = async (manifest: unknown, more?: Files) => (await entryOf(files, manifest, more)).file
  expect(await file({ exports: './exported.mjs', main: 'main.js', scripts }, { 'spyglass.app.yaml': 'entry: said.js' })).toBe('said.js')
  expect(await file({ exports: './exported.mjs', main: 'main.js', scripts })).toBe('exported.mjs')
  expect(await file({ main: 'main', scripts })).toBe('main.js')
  expect(await file({ main: 'not-there.js', scripts })).toBe('started.js')
  expect(await file({ scripts })).toBe('started.js')
  expect(await file({})).toBe('index.js')
  expect(await file(undefined)).toBe('index.js')
  expect(await file({ scripts: { start: 'nest start', 'start:prod': 'node main' } })).toBe('main.js')
  expect(await file({ scripts: { start: 'webpack && serve' } })).toBe('index.js')
})

test('the configuration of the server comes before what the folder says', async () => {
  const folder = writeApplication(tempFolder(), 'a', { 'index.js': '', 'b.js': '', 'spyglass.app.yaml': 'entry: index.js\narguments: [x]' })
  expect(await findEntry(folder, { entry: 'b.js', worker: true, arguments: ['y'] })).toMatchObject({
    file: join(folder, 'b.js'),
    isWorker: true,
    args: ['y'],
  })
  expect(await findEntry(folder, { worker: false, arguments: [] })).toMatchObject({ isWorker: false, args: ['x'] })
})

test('exports may be conditions, of which the first that Node meets counts', async () => {
  const files = ['other.mjs', 'lib/app.js', 'no.js']
  const exports = { '.': { types: './x.d.ts', browser: './no.js', import: { default: './other.mjs' } } }
  expect((await entryOf(files, { exports })).file).toBe('other.mjs')
  expect((await entryOf(files, { exports: { browser: './no.js', default: './lib/app.js' } })).file).toBe('lib/app.js')
})

test('what spyglass.app.yaml says of the start is taken', async () => {
  const yaml = 'worker: true\nimport: [tsx]\narguments: [a, b]\nport: 9000\nexport: handler'
  const entry = await entryOf(['index.ts'], { version: '1.2.3' }, { 'spyglass.app.yaml': yaml })
  expect(entry).toMatchObject({ isWorker: true, imports: ['tsx'], args: ['a', 'b'], port: 9000, role: 'handler', version: '1.2.3' })
})

test('what is missing or wrong is an error that says what to do', async () => {
  await expect(entryOf([], { main: 'nowhere.js' })).rejects.toMatchObject({
    code: 'SPY_APPLICATION_NO_MAIN',
    message: expect.stringContaining('nowhere.js') as string,
  })
  await expect(entryOf([], {}, { 'spyglass.app.yaml': 'entry: gone.js' })).rejects.toMatchObject({ code: 'SPY_APPLICATION_NO_MAIN' })
  await expect(entryOf([], { scripts: { start: 'nest start' } })).rejects.toMatchObject({
    code: 'SPY_APPLICATION_START_SCRIPT',
    message: expect.stringContaining('entry: dist/main.js') as string,
  })
  await expect(entryOf([], undefined, { 'package.json': '{' })).rejects.toMatchObject({ code: 'SPY_APPLICATION_MANIFEST' })
  await expect(entryOf(['index.js'], {}, { 'spyglass.app.yaml': 'wroker: true' })).rejects.toMatchObject({
    code: 'SPY_APPLICATION_FILE_INVALID',
    message: expect.stringContaining('wroker') as string,
  })
  await expect(entryOf(['index.js'], {}, { 'spyglass.app.yaml': 'a: [' })).rejects.toMatchObject({ code: 'SPY_APPLICATION_FILE_INVALID' })
})

test('a folder with an index.html and nothing to run is files; so is what spyglass.app.yaml says', async () => {
  const site = await findEntry(writeApplication(tempFolder(), 'a', { 'index.html': '', 'app.js': '' }))
  expect(site).toMatchObject({ static: {} })
  const built = writeApplication(tempFolder(), 'a', {
    'package.json': '{"main":"x.js"}',
    'x.js': '',
    'spyglass.app.yaml': 'static: { folder: dist, fallback: index.html }',
  })
  expect(await findEntry(built)).toMatchObject({ file: join(built, 'dist'), static: { fallback: 'index.html' } })
  expect((await entryOf(['index.html', 'index.js'])).static).toBeUndefined()
  expect((await entryOf(['index.html', 'index.js'], {})).static).toBeUndefined()
})
