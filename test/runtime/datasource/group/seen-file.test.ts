import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pino from 'pino'
import { expect, test } from 'vitest'
import { SeenFile } from '../../../../runtime/src/datasource/group/seen-file.ts'
import { tempFolder } from '../../../support/temp-folder.ts'
import { COPY, PRIMARY, scriptedGroup } from './scripted-group.ts'

function opened(folder = tempFolder()) {
  const lines: string[] = []
  const logger = pino({}, { write: (line: string) => void lines.push(line) })
  return { folder, lines, file: new SeenFile(folder, 'shop', logger) }
}

test('what was written is read by the next process, and what has not changed is not written again', () => {
  const { folder, file } = opened()
  expect(file.read()).toBeUndefined()
  file.write({ timeline: 3, deposed: new Set(['b', 'a']) })
  const { file: later } = opened(folder)
  expect(later.read()).toEqual({ timeline: 3, deposed: new Set(['a', 'b']) })
  later.write({ timeline: 3, deposed: new Set(['a', 'b']) })
  expect(readdirSync(folder)).toEqual(['datasource-shop.json']) // a second write would have kept the first
})

test.for([
  '',
  'torn {',
  '{"timeline":-1,"replaced":[]}',
  '{"timeline":1.5,"replaced":[]}',
  '{"timeline":1,"replaced":[7]}',
  '{"timeline":1}',
  '[]',
])('a damaged file, %j, is set aside and told', (content) => {
  const { folder, file, lines } = opened()
  writeFileSync(join(folder, 'datasource-shop.json'), content)
  expect([file.read(), lines.length, readdirSync(folder)[0]]).toEqual([undefined, 1, expect.stringContaining('.damaged-')])
})

test('a disk that takes nothing is told, and tried again with the next change', () => {
  const { folder, lines } = opened()
  const missing = join(folder, 'missing')
  const file = new SeenFile(missing, 'shop', pino({}, { write: (line: string) => void lines.push(line) }))
  file.write({ timeline: 1, deposed: new Set() })
  expect(lines).toHaveLength(1)
  mkdirSync(missing)
  chmodSync(missing, 0o700)
  file.write({ timeline: 1, deposed: new Set() })
  expect(readdirSync(missing)).toEqual(['datasource-shop.json'])
})

test('a process that starts while the new primary is down does not follow the old one, of PostgreSQL and of MariaDB', async () => {
  for (const timelines of [
    [1, 2],
    [0, 0],
  ]) {
    const [older, newer] = timelines.map((timeline) => ({ ...PRIMARY, timeline })) as [typeof PRIMARY, typeof PRIMARY]
    const { folder, file } = opened()
    const { group, say, pass } = scriptedGroup({ a: older, b: { ...COPY, timeline: older.timeline } }, {}, {}, file)
    await group.start()
    say('a', 'refuses')
    say('b', newer)
    await pass(1000)
    expect(group.writer?.name).toBe('b')
    await group.stop()

    const restarted = scriptedGroup({ a: older, b: 'refuses' }, {}, {}, opened(folder).file)
    await restarted.group.start()
    expect([restarted.group.writer, restarted.group.useOf(restarted.member('a'))]).toEqual([undefined, 'outdated'])
    restarted.say('a', { ...COPY, timeline: newer.timeline }) // it was made a standby of the new one
    restarted.say('b', newer)
    await restarted.pass(2000)
    expect(restarted.group.writer?.name).toBe('b')
    await restarted.group.stop()
  }
})

test('shards are not remembered: their timelines have nothing to do with each other', async () => {
  const { folder, file } = opened()
  const { group } = scriptedGroup({ a: PRIMARY, b: PRIMARY }, {}, { sharded: true }, file)
  await group.start()
  expect(readdirSync(folder)).toEqual([])
  await group.stop()
})
