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
  expect(parseStartScript(folder, 'NODE_ENV=production TITLE="my app" node --enable-source-maps dist/main.js --port 1')).toEqual({
    file: at('dist/main.js'),
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
