import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SpyglassEvent } from '@spyglass/agent/contract'
import type { NumberedMessage } from '@spyglass/process/keeper-link'
import { textOfLine } from '@spyglass/process/durable-file'
import { OUTBOX_NAME } from '@spyglass/process/keeper-link'
import { expect, test } from 'vitest'
import { Outbox } from '../../../../runtime/process/src/keeper-link/outbox.ts'
import { tempFolder } from '../../../support/temp-folder.ts'

const event = (message: string): NumberedMessage => ({ type: 'event', event: { message } as SpyglassEvent })

test('each event is on file when it is told, and the file is empty when all are acknowledged, and gone with the process', () => {
  const folder = join(tempFolder(), 'outbox')
  const outbox = new Outbox({ folder, source: 'shop-1' })
  expect(existsSync(folder)).toBe(false)
  const numbers = ['a', 'b'].map((message) => outbox.add(event(message)).n)
  const [name = ''] = readdirSync(folder)
  expect(OUTBOX_NAME.exec(name)?.groups).toMatchObject({ source: 'shop-1', pid: `${process.pid}`, run: outbox.run })
  const lines = () => readFileSync(join(folder, name), 'utf8').split('\n').slice(0, -1)
  expect(lines().map((line) => JSON.parse(textOfLine(Buffer.from(line)) ?? '{}') as unknown)).toEqual([
    { ...event('a'), n: numbers[0] },
    { ...event('b'), n: numbers[1] },
  ])
  outbox.taken([numbers[1]!])
  expect([[...outbox.waiting].map(({ n }) => n), lines().length]).toEqual([[numbers[0]], 2])
  outbox.taken([numbers[0]!])
  expect(lines()).toEqual([])
  outbox.add(event('c'))
  expect(lines()).toHaveLength(1)
  outbox.taken([3])
  outbox.close()
  expect(readdirSync(folder)).toEqual([])
})

test('what is not acknowledged stays on file when the process ends', () => {
  const folder = tempFolder()
  const outbox = new Outbox({ folder, source: 'a/b' })
  outbox.add(event('a'))
  outbox.close()
  expect(OUTBOX_NAME.exec(readdirSync(folder)[0] ?? '')?.groups?.['source']).toBe('a%2Fb')
})

test('a folder that cannot be made costs only the copy', () => {
  const file = join(tempFolder(), 'file')
  writeFileSync(file, '')
  const outbox = new Outbox({ folder: join(file, 'outbox'), source: 'shop-1' })
  outbox.add(event('a'))
  outbox.add(event('b'))
  expect(outbox.size).toBe(2)
  outbox.taken([1, 2])
  outbox.close()
})

test('beyond ten thousand the oldest are dropped and counted', () => {
  const outbox = new Outbox({ source: 'shop-1' })
  for (let i = 0; i < 10_002; i++) outbox.add({ type: 'gone', source: 'x' })
  expect([outbox.size, outbox.dropped, [...outbox.waiting][0]?.n]).toEqual([10_000, 2, 3])
})

test('a file in which something always waits does not grow without bound, and has what waits', () => {
  const folder = tempFolder()
  const outbox = new Outbox({ folder, source: 's' })
  const text = 'x'.repeat(100_000)
  for (let n = 1; n <= 200; n++) {
    outbox.add(event(`${n} ${text}`))
    outbox.taken([n - 1])
  }
  const [name = '', ...others] = readdirSync(folder)
  const bytes = readFileSync(join(folder, name), 'utf8')
  const numbers = bytes.split('\n').flatMap((line) => /"n":(\d+)/.exec(line)?.[1] ?? [])
  expect([others, bytes.length < 5_000_000, numbers.at(-1)]).toEqual([[], true, '200'])
  outbox.taken([200])
  expect(readFileSync(join(folder, name), 'utf8')).toBe('')
  outbox.close()
})

test('a file that could not be written is tried again when nothing waits', () => {
  const folder = join(tempFolder(), 'outbox')
  writeFileSync(folder, '') // in the place of the folder
  const outbox = new Outbox({ folder, source: 's' })
  outbox.add(event('a'))
  rmSync(folder)
  outbox.add(event('b'))
  expect(existsSync(folder)).toBe(false)
  outbox.taken([1, 2])
  outbox.add(event('c'))
  expect(readdirSync(folder)).toHaveLength(1)
  outbox.close()
})
