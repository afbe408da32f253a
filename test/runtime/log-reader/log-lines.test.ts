import { appendFileSync, mkdirSync, renameSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { logLines } from '../../../runtime/src/log-reader/index.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const line = (process: string, msg: string): string => JSON.stringify({ level: 'info', process, msg })
const LINES = [line('shop-1', 'a'), line('office-1', 'b'), 'no JSON', line('shop-2', 'c'), line('shop', 'd')]

function world(lines: readonly string[] = LINES) {
  const root = tempFolder()
  const file = join(root, 'logs/server.log')
  mkdirSync(join(root, 'logs'))
  writeFileSync(file, lines.map((text) => `${text}\n`).join(''))
  return { root, file }
}

async function last(root: string, count: number, name?: string, since?: number): Promise<readonly string[]> {
  const all: string[] = []
  for await (const lines of logLines({ root, name, count, since })) all.push(...lines)
  return all
}

test.for([
  ['shop', ['a', 'c', 'd']],
  ['shop-1', ['a']],
  ['office', ['b']],
  ['sho', []],
  ['s.op', []],
] as const)('%s means its process and its instances', async ([name, messages]) => {
  const lines = await last(world().root, 10, name)
  expect(lines.map((text) => (JSON.parse(text) as { msg: string }).msg)).toEqual(messages)
})

test('the last lines are those at the end, also of a log that is longer than what is read at once', async () => {
  const { root, file } = world()
  expect((await last(root, 2)).map((text) => text.slice(-4))).toEqual(['"c"}', '"d"}'])
  expect(await last(root, 0)).toEqual([])
  appendFileSync(file, `${line('other', 'x'.repeat(200))}\n`.repeat(12_000))
  expect(await last(root, 3, 'shop')).toEqual([LINES[0], LINES[3], LINES[4]])
  expect((await last(root, 1))[0]).toContain('other')
})

test('lines of any length are whole, wherever the pieces that are read begin', async () => {
  const lengths = fc.array(fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 400_000, max: 1_400_000 })), { maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(lengths, fc.integer({ min: 0, max: 7 }), async (sizes, count) => {
      const lines = sizes.map((size, i) => `${i}${'é'.repeat(size / 2)}`)
      expect(await last(world(lines).root, count)).toEqual(count === 0 ? [] : lines.slice(-count))
    }),
    { numRuns: 25 },
  )
})

test('what comes is followed, over a rotation and a file that is emptied; a line that is being written comes as a whole', async () => {
  const { root, file } = world()
  appendFileSync(file, '{"process":"shop-1","msg":"é')
  const stop = new AbortController()
  const steps = [
    () => appendFileSync(file, Buffer.from('"}\n{"process":"shop-1","msg":"\u00fc').subarray(0, -1)),
    () => appendFileSync(file, Buffer.concat([Buffer.from([0xbc]), Buffer.from(`"}\n${line('office-1', 'no')}\n`)])),
    () => {
      renameSync(file, `${file}.1`)
      writeFileSync(file, `${line('shop-2', 'new file')}\n`)
    },
    () => writeFileSync(file, `${line('shop-2', 'e')}\n`),
    () => stop.abort(),
  ]
  const messages: string[] = []
  for await (const lines of logLines({ root, name: 'shop', count: 1, until: stop.signal })) {
    messages.push(...lines.map((text) => (JSON.parse(text) as { msg: string }).msg))
    steps.shift()?.()
  }
  expect(messages).toEqual(['d', 'é', 'ü', 'new file', 'e'])
})

test('an empty list is a sign of life', async () => {
  const stop = new AbortController()
  const said: (readonly string[])[] = []
  for await (const lines of logLines({ ...world(), count: 0, until: stop.signal, quietMs: 1 })) if (said.push(lines) === 3) stop.abort()
  expect(said).toEqual([[], [], []])
})

test('without a log it says so', async () => {
  await expect(last(tempFolder(), 1)).rejects.toMatchObject({ code: 'SPY_ARGUMENT_UNKNOWN' })
})

const DAY = 86_400_000
const FIRST = Date.UTC(2026, 10, 20, 12)

/** A log of one line a day: the first four days were rotated, all but the last of them compressed. */
function rotatedWorld() {
  const days = Array.from({ length: 6 }, (_, day) => FIRST + day * DAY)
  const written = days.map((time, day) =>
    JSON.stringify({ level: 'info', time: new Date(time).toISOString(), process: `shop-${day % 2}`, msg: String(day) }),
  )
  const { root, file } = world(written.slice(4))
  for (const [day, text] of written.slice(0, 4).entries()) {
    const name = `${file}-202611${20 + day}T235959${day === 3 ? '' : '.gz'}`
    writeFileSync(name, day === 3 ? `${text}\n` : gzipSync(`${text}\n`))
    utimesSync(name, days[day]! / 1000, days[day]! / 1000)
  }
  writeFileSync(join(root, 'logs/other.log-20261120T235959'), `${written[0]}\n`)
  return { root, file, days }
}

const days = (lines: readonly string[]): string => lines.map((text) => (JSON.parse(text) as { msg: string }).msg).join('')

test('more lines than the present file has are those of the files that it was rotated to, compressed or not', async () => {
  const { root } = rotatedWorld()
  expect(days(await last(root, 1))).toBe('5')
  expect(days(await last(root, 3))).toBe('345')
  expect(days(await last(root, 5))).toBe('12345')
  expect(days(await last(root, 100))).toBe('012345')
  expect(days(await last(root, 2, 'shop-0'))).toBe('24')
})

test('from a time on there are the lines since then, all of them or the last', async () => {
  const { root, days: times } = rotatedWorld()
  for (const [day, time] of times.entries()) expect(days(await last(root, Infinity, undefined, time))).toBe('012345'.slice(day))
  expect(days(await last(root, 2, undefined, times[1]))).toBe('45')
  expect(days(await last(root, Infinity, 'shop-1', times[1]! + 1))).toBe('35')
  expect(await last(root, Infinity, undefined, times[5]! + 1)).toEqual([])
})

test('a line that names no time is of the time of the one before it', async () => {
  const { root, file, days: times } = rotatedWorld()
  appendFileSync(file, 'a trace\n')
  expect((await last(root, Infinity, undefined, times[5])).at(-1)).toBe('a trace')
  expect(await last(root, Infinity, undefined, times[5]! + 1)).toEqual([])
})

test('of a compressed file that is damaged the lines before the damage are shown, and those of the other files', async () => {
  const { root, file, days: times } = rotatedWorld()
  const path = `${file}-20261120T235959.gz`
  writeFileSync(
    path,
    gzipSync(Array.from({ length: 50_000 }, (_, n) => line('old', `${n} ${Math.random()}`)).join('\n')).subarray(0, 200_000),
  )
  const lines = await last(root, Infinity, undefined, times[0]! - DAY)
  expect(lines.length).toBeGreaterThan(1000)
  expect(days(lines.slice(-5))).toBe('12345')
})

test('a log that was rotated and not written to since is the files that it was rotated to, and what comes is followed', async () => {
  const { root, file } = rotatedWorld()
  renameSync(file, `${file}-20261126T000000`)
  expect(days(await last(root, 3))).toBe('345')
  const stop = new AbortController()
  const read: string[] = []
  for await (const lines of logLines({ root, count: 1, until: stop.signal })) {
    read.push(...lines)
    if (read.length === 1) writeFileSync(file, `${JSON.stringify({ msg: '6' })}\n`)
    if (read.length === 2) stop.abort()
  }
  expect(days(read)).toBe('56')
})

test('a file that was rotated while it is read is read once', async () => {
  const { root, file } = rotatedWorld()
  const read: string[] = []
  for await (const lines of logLines({ root, count: Infinity, since: 0 })) {
    read.push(...lines)
    if (read.length === 1) renameSync(file, `${file}-20261126T000000`)
  }
  expect(days(read)).toBe('012345')
})
