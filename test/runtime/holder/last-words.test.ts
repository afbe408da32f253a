import { spawnSync } from 'node:child_process'
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { LastWords, lastWords } from '../../../runtime/src/holder/last-words.ts'

const printed = (code: string): string => spawnSync(process.execPath, ['-e', code], { encoding: 'utf8' }).stderr

test.for([
  ["throw new TypeError('no luck')", 'TypeError: no luck'],
  ["require('./missing')", "Error: Cannot find module './missing'"],
  ["Promise.reject(new RangeError('later'))", 'RangeError: later'],
  ["throw Object.assign(new Error('with fields'), { code: 'ECONNREFUSED', address: '::1' })", 'Error: with fields'],
  ["class BrokenPool extends Error {}; throw new BrokenPool('empty')", 'Error: empty'],
  ["console.error('cannot read config.json'); process.exit(1)", 'cannot read config.json'],
  ["console.error('fatal: no space left'); console.error(''); process.exit(1)", 'fatal: no space left'],
  ['', ''],
])('Node says of %s: %s', ([code, words]) => expect(lastWords(printed(code!))).toBe(words))

const logged = (level: unknown, more: object = {}) => JSON.stringify({ level, time: 'now', ...more })

test.for<[string[], string]>([
  [['bad flag --prot', logged('info', { msg: 'started' })], 'bad flag --prot'],
  [[logged('info', { msg: 'started' })], ''],
  [[logged(30, { msg: 'started' }), logged(60, { msg: 'cannot start', err: { message: 'no database' } }), logged(30)], 'no database'],
  [[logged('error', { message: 'no port left' })], 'no port left'],
  [[logged('error', { msg: 'it failed', error: 'ECONNREFUSED' })], 'ECONNREFUSED'],
  [['{"reason": "no logger wrote this"}'], '{"reason": "no logger wrote this"}'],
  [['{broken'], '{broken'],
])('of lines of a logger only errors are a reason: %j', ([lines, words]) => expect(lastWords(lines.join('\n'))).toBe(words))

test('however much is printed, the end is kept, and no line is longer than a reason may be', () => {
  const stream = new PassThrough()
  const words = new LastWords(stream)
  for (let line = 0; line < 10_000; line++) stream.write(`line ${line}\n`)
  expect(words.text).toBe('line 9999')
  stream.write('x'.repeat(100_000))
  expect(words.text).toHaveLength(300)
})
