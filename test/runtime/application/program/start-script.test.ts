import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseStartScript } from '../../../../runtime/src/application/program/start-script.ts'
import { tempFolder } from '../../../support/temp-folder.ts'
import { writeApplication } from '../fixture.ts'

function folderWith(...files: readonly string[]): string {
  return writeApplication(tempFolder(), 'a', Object.fromEntries(files.map((file) => [file, ''])))
}

test('node with options, environment and arguments is the program behind them', () => {
  const folder = folderWith('dist/main.js', 'src/main.ts', 'bin/www')
  const at = (file: string) => join(folder, file)
  const none = { args: [], imports: [], environment: {} }
  expect(parseStartScript(folder, 'node dist/main.js')).toEqual({ ...none, file: at('dist/main.js') })
  expect(parseStartScript(folder, 'node dist/main')).toEqual({ ...none, file: at('dist/main.js') })
  expect(parseStartScript(folder, 'node ./bin/www')).toEqual({ ...none, file: at('bin/www') })
  expect(
    parseStartScript(folder, 'NODE_ENV=production TITLE="my app" node --enable-source-maps --no-warnings dist/main.js --port 1'),
  ).toEqual({
    file: at('dist/main.js'),
    unapplied: ['--enable-source-maps'],
    args: ['--port', '1'],
    imports: [],
    environment: { NODE_ENV: 'production', TITLE: 'my app' },
  })
  expect(parseStartScript(folder, 'cross-env A=1 node --import tsx --require=./a.js src/main.ts')).toEqual({
    file: at('src/main.ts'),
    args: [],
    imports: ['tsx', './a.js'],
    environment: { A: '1' },
  })
  expect(parseStartScript(folder, 'tsx src/main.ts')).toEqual({ ...none, file: at('src/main.ts'), imports: ['tsx'] })
  expect(parseStartScript(folder, 'fastify start -l info src/main.ts')).toEqual({ ...none, file: at('src/main.ts'), isFastifyPlugin: true })
})

test('environment files of Node are read as Node does: later ones win, what the script itself sets wins over them', () => {
  const folder = writeApplication(tempFolder(), 'a', { 'a.js': '', '.env': 'A=1\nB="two words"\nC=3', '.env.local': 'B=local' })
  const environmentOf = (script: string) => parseStartScript(folder, script)?.environment
  expect(environmentOf('C=4 node --env-file=.env --env-file .env.local a.js')).toEqual({ A: '1', B: 'local', C: '4' })
  expect(environmentOf('node --env-file-if-exists=.env.absent a.js')).toEqual({})
  expect(() => environmentOf('node --env-file=.env.absent a.js')).toThrow(expect.objectContaining({ code: 'SPY_APPLICATION_ENV_FILE' }))
})

test('options that a running program can no longer be given are named', () => {
  const script = 'node --max-old-space-size=512 -C development --trace-warnings a.js'
  expect(parseStartScript(folderWith('a.js'), script)?.unapplied).toEqual(['--max-old-space-size=512', '-C=development'])
})

test('a program of a package is run in this process, unless it starts another one', () => {
  const folder = writeApplication(tempFolder(), 'a', {
    'node_modules/.bin/next': '#!/usr/bin/env node\n',
    'node_modules/.bin/tool': '#!/bin/sh\n',
  })
  chmodSync(join(folder, 'node_modules/.bin/next'), 0o755)
  expect(parseStartScript(folder, 'next start -p 3000')).toMatchObject({
    file: join(folder, 'node_modules/.bin/next'),
    args: ['start', '-p', '3000'],
  })
  for (const script of ['tool start', 'nest start', 'nodemon a.js', 'absent']) expect(parseStartScript(folder, script)).toBeUndefined()
})

test('lists of commands, and programs that are not there, are not one program', () => {
  const folder = folderWith('a.js')
  for (const script of ['npm run build && node a.js', 'node a.js | cat', 'node a.js > log', 'node b.js', 'node', 'node --watch', ''])
    expect(parseStartScript(folder, script)).toBeUndefined()
})

test('no text throws', () => {
  const folder = folderWith('a.js')
  const words = fc.constantFrom('node', 'tsx', 'toString', '..', 'A=1', '--import', '"', "'", 'a.js', 'fastify', 'start', '-r', '=')
  fc.assert(
    fc.property(fc.array(fc.oneof(words, fc.string()), { maxLength: 8 }), (parts) => void parseStartScript(folder, parts.join(' '))),
  )
})
