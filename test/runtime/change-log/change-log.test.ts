import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Damage } from '@spyglass/process/durable-file'
import { expect, test } from 'vitest'
import { type Change, ChangeLog, lineOf } from '../../../runtime/src/change-log/index.ts'
import { tempFolder } from '../../support/temp-folder.ts'

/** A log of the numbers that are in a set. */
function open(folder: string) {
  const numbers = new Set<number>()
  const damages: Damage[] = []
  const log = ChangeLog.open({
    folder,
    name: 'numbers',
    carryOut: ([what, number]) => (what === 'add' ? numbers.add(Number(number)).size > 0 : false),
    all: () => Array.from(numbers, (number): Change => ['add', number]),
    onDamage: (damage) => damages.push(damage),
  })
  return { log, numbers, damages }
}

test('what was appended is there again after the death of the process, and the file before is gone', () => {
  const folder = tempFolder()
  open(folder).log.append(['add', 1])
  const { log, numbers, damages } = open(folder)
  log.append(['add', 2])
  expect([...numbers, damages.length]).toEqual([1, 0])
  expect([...open(folder).numbers]).toEqual([1, 2])
  expect(readdirSync(folder)).toEqual(['numbers.3'])
})

test('all who wait for the disk are answered, also those who come while it is written to, and after the log is closed', async () => {
  const folder = tempFolder()
  const { log } = open(folder)
  log.append(['add', 1])
  const first = log.flushed()
  log.append(['add', 2])
  const second = log.flushed()
  log.begin()
  await Promise.all([first, second, log.flushed()])
  log.append(['add', 3])
  const last = log.flushed()
  log.close()
  log.close()
  await last
  expect(readFileSync(join(folder, readdirSync(folder)[0]!), 'utf8')).toContain(lineOf(['add', 3]))
})

test('a change that cannot be written is refused, and those before and after it are read', () => {
  const folder = tempFolder()
  const { log } = open(folder)
  log.append(['add', 1])
  expect(() => log.append([1n])).toThrow(TypeError)
  log.append(['add', 2])
  expect([...open(folder).numbers]).toEqual([1, 2])
})

test('damaged lines and changes that nobody knows are counted, told once, and kept aside', () => {
  const folder = tempFolder()
  open(folder).log.append(['add', 1])
  appendFileSync(join(folder, 'numbers.1'), `${lineOf(['other'])}noise\n${lineOf(['add', 2])}`)
  const { numbers, damages, log } = open(folder)
  expect([[...numbers], log.damagedLines, damages[0]?.reason]).toEqual([[1, 2], 2, '2 damaged lines'])
  expect(readFileSync(damages[0]!.setAside!, 'utf8')).toContain('noise')
  expect(open(folder).damages).toEqual([])
})

test('what another file is called is left alone', () => {
  const folder = tempFolder()
  writeFileSync(join(folder, 'numbers.9.new'), lineOf(['add', 9]))
  writeFileSync(join(folder, 'others.4'), '')
  mkdirSync(join(folder, 'numbers'))
  expect([...open(folder).numbers]).toEqual([])
  expect(readdirSync(folder).toSorted()).toEqual(['numbers', 'numbers.1', 'numbers.9.new', 'others.4'])
})

test('a new file whose name may not be on the disk is not used, and is not there at the next start: the old one has more', () => {
  const folder = tempFolder()
  const numbers = new Set([1])
  let looks = Number.POSITIVE_INFINITY
  const log = ChangeLog.open({
    get folder() {
      return looks-- === 0 ? join(folder, 'none') : folder
    },
    name: 'numbers',
    carryOut: () => true,
    all: () => Array.from(numbers, (number): Change => ['add', number]),
    onDamage: () => {},
  })
  looks = 1 // the name of the file, and then its folder
  expect(() => log.begin()).toThrow('ENOENT')
  log.append(['add', 2])
  expect(readdirSync(folder)).toEqual(['numbers.1'])
  expect([...open(folder).numbers]).toEqual([1, 2])
})
