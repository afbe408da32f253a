import { appendFileSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Damage } from '@spyglass/process/durable-file'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { newSessionId } from '../../../runtime/src/session/session-id.ts'
import { lineOf, readLines, readLog, SessionLog } from '../../../runtime/src/session-store/session-log.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const stored = (text = '{"a":1}', version = 1) => ({ version, createdAt: 5, until: 10_000, text })
const [a, b] = [newSessionId(), newSessionId()]

function open(folder: string, now = 6) {
  const damages: Damage[] = []
  return { ...SessionLog.open({ folder, onDamage: (damage) => damages.push(damage), now: () => now }), damages }
}

const files = (folder: string): string[] => readdirSync(folder).toSorted()

test('what was written is there again, with every change in its order', () => {
  const folder = join(tempFolder(), 'visitors')
  const { log } = open(folder)
  log.stored(a, stored())
  log.stored(b, stored())
  log.stored(a, stored('{"a":2}', 2))
  log.touched(a, 20_000)
  log.removed(b)
  log.touched(b, 30_000)
  expect([...open(folder).sessions]).toEqual([[a, { ...stored('{"a":2}', 2), until: 20_000 }]])
  expect(statSync(join(folder, 'sessions.2')).mode & 0o777).toBe(0o600)
})

test('what has expired is not read again', () => {
  const folder = tempFolder()
  open(folder).log.stored(a, stored())
  expect(open(folder, 10_000).sessions.size).toBe(0)
})

test('a line that was cut off by the death of the process is no damage', () => {
  const folder = tempFolder()
  const { log } = open(folder)
  log.stored(a, stored())
  log.stored(b, stored())
  truncateSync(join(folder, 'sessions.1'), statSync(join(folder, 'sessions.1')).size - 3)
  const again = open(folder)
  expect([[...again.sessions.keys()], again.damages]).toEqual([[a], []])
})

test('a damaged line costs itself alone; the file is kept aside, and that is told', () => {
  const folder = tempFolder()
  const { log } = open(folder)
  log.stored(a, stored())
  const size = statSync(join(folder, 'sessions.1')).size
  log.stored(b, stored())
  const bytes = readFileSync(join(folder, 'sessions.1'))
  bytes[size + 20]! ^= 1
  writeFileSync(join(folder, 'sessions.1'), bytes)
  const again = open(folder)
  expect([[...again.sessions.keys()], again.log.damagedLines]).toEqual([[a], 1])
  expect(again.damages).toEqual([
    expect.objectContaining({ reason: '1 damaged lines', setAside: expect.stringContaining('sessions.1.damaged-') }),
  ])
  expect(open(folder)).toMatchObject({ damages: [], log: { damagedLines: 0 } })
})

test('a folder in place of the file is set aside', () => {
  const folder = tempFolder()
  mkdirSync(join(folder, 'sessions.7'))
  const { sessions, damages, log } = open(folder)
  expect([sessions.size, damages[0]?.reason]).toEqual([0, 'it is not a file'])
  log.stored(a, stored())
  expect(open(folder).sessions.size).toBe(1)
})

test('bytes of any kind are read without an error, and what is undamaged among them counts', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(10), (noise, at) => {
      const line = Buffer.from(lineOf(['s', a, 1, 5, 10, '{}']))
      const clean = Buffer.from(noise.filter((byte) => byte !== 0x0a))
      const parts = [clean.subarray(0, at), Buffer.from('\n'), line, clean.subarray(at), Buffer.from('\n')]
      const sessions = new Map()
      expect(readLines(Buffer.concat(parts), sessions)).toBe(2)
      expect(sessions.size).toBe(1)
    }),
  )
})

test('a log is read in parts, as large as it may be, with the same result', () => {
  const file = join(tempFolder(), 'sessions.1')
  const lines = [a, b].map((id) => lineOf(['s', id, 1, 5, 10_000, '{"a":"ü"}'])).join('damaged\n')
  writeFileSync(file, `${lines}unfinished`)
  const expected = new Map()
  expect(readLines(readFileSync(file), expected)).toBe(1)
  for (const partBytes of [1, 7, 64, 1000]) {
    const sessions = new Map()
    expect([readLog(file, sessions, partBytes), sessions]).toEqual([1, expected])
  }
})

test('what has no end of a line is not kept in memory, and what comes after it is read', () => {
  const file = join(tempFolder(), 'sessions.1')
  writeFileSync(file, Buffer.alloc(24 * 1_048_576, 'x'))
  appendFileSync(file, `\n${lineOf(['s', b, 1, 5, 10_000, '{}'])}`)
  const sessions = new Map()
  expect(readLog(file, sessions)).toBe(2)
  expect([...sessions.keys()]).toEqual([b])
})

test('a file that is mostly history is written again, and the one before is gone', () => {
  const folder = tempFolder()
  const { log, sessions } = open(folder)
  const text = JSON.stringify({ a: 'x'.repeat(500_000) })
  sessions.set(a, stored())
  for (let i = 0; i < 5; i++) log.stored(a, stored(text))
  log.compactIfWorth()
  expect(files(folder)).toEqual(['sessions.1'])
  for (let i = 0; i < 5; i++) log.stored(a, stored(text))
  log.compactIfWorth()
  expect(files(folder)).toEqual(['sessions.2'])
  log.stored(b, stored())
  expect([...open(folder).sessions]).toEqual([
    [a, stored()],
    [b, stored()],
  ])
})

test('a new file that was never finished is not read', () => {
  const folder = tempFolder()
  open(folder).log.stored(a, stored())
  writeFileSync(join(folder, 'sessions.2.new'), lineOf(['s', b, 1, 5, 10_000, '{}']))
  expect([...open(folder).sessions.keys()]).toEqual([a])
})

test('a closed log can be opened again, also when something was appended by hand', () => {
  const folder = tempFolder()
  const { log } = open(folder)
  log.stored(a, stored())
  log.close()
  log.close()
  appendFileSync(join(folder, 'sessions.1'), lineOf(['x', b]) + lineOf(['s', 'no id', 1]))
  const again = open(folder)
  expect([again.sessions.size, again.log.damagedLines]).toEqual([1, 1])
})

test('a folder that cannot be one is an error of the file system', () => {
  const file = join(tempFolder(), 'taken')
  writeFileSync(file, '')
  expect(() => open(join(file, 'visitors'))).toThrow('ENOTDIR')
})
