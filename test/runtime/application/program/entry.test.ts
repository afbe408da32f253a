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

test('what the builds of frameworks write is found where nothing else names a program', async () => {
  const scripts = { build: 'x build' }
  for (const file of ['.output/server/index.mjs', 'server/index.mjs', 'dist/server/entry.mjs', 'build/index.js'])
    expect((await entryOf([file], { main: 'index.js', scripts })).file).toBe(file)
  expect((await entryOf(['build/index.js', 'a.js'], { scripts: { start: 'node a.js' } })).file).toBe('a.js')
})

test('options of scripts.start count when it runs what main or exports names', async () => {
  const files = ['server.js', 'other.js']
  const start = 'MODE=x node --import ./other.js server.js --verbose'
  const asScript = { file: 'server.js', args: ['--verbose'], imports: ['./other.js'], environment: { MODE: 'x' } }
  expect(await entryOf(files, { main: 'server.js', scripts: { start } })).toMatchObject(asScript)
  expect(await entryOf(files, { exports: './server.js', scripts: { start: 'nest start', 'start:prod': start } })).toMatchObject(asScript)
  expect(await entryOf(files, { main: 'other.js', scripts: { start } })).toMatchObject({
    file: 'other.js',
    args: [],
    imports: [],
    environment: {},
  })
})

test('NODE_ENV of scripts.start counts where the configuration sets none', async () => {
  const folder = writeApplication(tempFolder(), 'a', {
    'index.js': '',
    'package.json': JSON.stringify({ scripts: { start: 'NODE_ENV=staging node index.js' } }),
  })
  expect((await findEntry(folder)).saysNodeEnv).toBe(true)
  expect((await findEntry(folder, { environment: { NODE_ENV: 'test' } })).saysNodeEnv).toBe(false)
  expect((await entryOf(['index.js'], {})).saysNodeEnv).toBe(false)
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
  expect((await entryOf(files, { exports: { '.': [{ browser: './no.js' }, './lib/app.js'] } })).file).toBe('lib/app.js')
})

test('what spyglass.app.yaml says of the start is taken', async () => {
  const yaml = 'worker: true\nimport: [tsx]\narguments: [a, b]\nport: 9000\nexport: handler'
  const entry = await entryOf(['index.ts'], { version: '1.2.3' }, { 'spyglass.app.yaml': yaml })
  expect(entry).toMatchObject({ isWorker: true, imports: ['tsx'], args: ['a', 'b'], port: 9000, role: 'handler', version: '1.2.3' })
})

test('a start script that is not used is not read: a file that it names may be missing', async () => {
  const files = ['index.js', 'other.js', 'prod.js']
  const other = 'node --env-file=missing.env other.js'
  const prod = 'node --env-file=missing.env prod.js'
  expect((await entryOf(files, { main: 'index.js', scripts: { start: other } })).file).toBe('index.js')
  expect((await entryOf(files, { main: 'index.js', scripts: { start: 'node index.js', 'start:prod': prod } })).file).toBe('index.js')
  expect((await entryOf(files, { scripts: { start: 'node index.js', 'start:prod': prod } })).file).toBe('index.js')
  expect((await entryOf(files, { scripts: { start: other } }, { 'spyglass.app.yaml': 'entry: index.js' })).file).toBe('index.js')
  const used = { main: 'index.js', scripts: { start: 'node --env-file=missing.env index.js' } }
  await expect(entryOf(files, used)).rejects.toMatchObject({ code: 'SPY_APPLICATION_ENV_FILE' })
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
  expect(await findEntry(built, { static: false, entry: 'x.js' })).toMatchObject({ file: join(built, 'x.js'), static: undefined })
})

test('with the setting `static`, files are served although there is a program', async () => {
  const folder = writeApplication(tempFolder(), 'a', { 'index.html': '', 'index.js': '', 'package.json': '{"main":"index.js"}' })
  expect(await findEntry(folder, { static: true })).toMatchObject({ file: folder, static: {} })
  const said = writeApplication(tempFolder(), 'a', { 'x.js': '', 'spyglass.app.yaml': 'entry: x.js\nstatic: { folder: dist }' })
  expect(await findEntry(said, { static: true })).toMatchObject({ file: join(said, 'dist'), static: { folder: join(said, 'dist') } })
})
