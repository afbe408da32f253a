import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { OutputLines } from '../../../runtime/src/server-log/output-lines.ts'

const source = { process: 'shop-1', application: 'shop', pid: 7 }
const time = Date.UTC(2026, 10, 26, 12)

function linesOf(chunks: readonly (string | Buffer)[], stream: 'stdout' | 'stderr' = 'stdout'): Record<string, unknown>[] {
  const lines: string[] = []
  const output = new OutputLines(
    source,
    stream,
    (line) => lines.push(line),
    () => time,
  )
  for (const chunk of chunks) output.write(Buffer.from(chunk))
  output.end()
  for (const line of lines) expect(line.endsWith('\n') && line.indexOf('\n') === line.length - 1).toBe(true)
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}

test('plain text becomes an object with its time, stream, process and application', () => {
  const expected = {
    level: 'info',
    time: '2026-11-26T12:00:00.000Z',
    pid: 7,
    stream: 'stdout',
    msg: 'hello "you"',
    application: 'shop',
    process: 'shop-1',
  }
  expect(linesOf(['hello "you"\n'])).toEqual([expected])
  expect(linesOf(['Error: x\r\n    at y\n'], 'stderr').map(({ level, msg }) => `${String(level)} ${String(msg)}`)).toEqual([
    'warn Error: x',
    'warn     at y',
  ])
})

test('an object keeps its fields and gets the names, which it cannot forge', () => {
  const forged = '{"level":30,"msg":"a","application":"other","process":"store"}\n'
  expect(linesOf([forged, '{}\n', '{ "a" : 1 } \n'])).toEqual([
    { level: 30, msg: 'a', application: 'shop', process: 'shop-1' },
    { application: 'shop', process: 'shop-1' },
    { a: 1, application: 'shop', process: 'shop-1' },
  ])
  expect(linesOf(['{not json}\n', '{"a":1}{"b":2}\n', '[1]\n']).map(({ msg }) => msg)).toEqual(['{not json}', '{"a":1}{"b":2}', '[1]'])
})

test('lines are put together from any pieces, characters stay whole, and the last needs no line break', () => {
  const text = 'größe 漢字 😀\nzweite\n\nlast'
  const bytes = Buffer.from(text)
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length), { maxLength: 8 }), (cuts) => {
      const places = [0, ...cuts.toSorted((a, b) => a - b), bytes.length]
      const chunks = places.slice(1).map((end, at) => bytes.subarray(places[at], end))
      expect(linesOf(chunks).map(({ msg }) => msg)).toEqual(['größe 漢字 😀', 'zweite', 'last'])
    }),
  )
})

test('a line without end is cut into pieces, so that memory stays bounded', () => {
  const lines = linesOf(['x'.repeat(200_000)])
  expect(lines.map(({ msg }) => String(msg).length)).toEqual([65_536, 65_536, 65_536, 3392])
})

test('whatever is written, each line is JSON with the true names', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.json().map((json) => `${json}\n`),
        ),
        { maxLength: 10 },
      ),
      (pieces) => {
        for (const line of linesOf(pieces)) expect(line).toMatchObject({ application: 'shop', process: 'shop-1' })
      },
    ),
  )
})
