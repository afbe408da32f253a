import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Damage } from '@spyglass/process/durable-file'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openJobs } from '../../../runtime/src/job-store/job-log.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { newJob } from './fixture.ts'

function open(folder: string) {
  const damages: Damage[] = []
  const file = openJobs({ folder, onDamage: (damage) => damages.push(damage) })
  file.book.limits = { maxJobs: 1000, maxTotalBytes: 1e9, keepDoneMs: 60_000 }
  return { ...file, damages, path: join(folder, readdirSync(folder)[0]!) }
}

test('what is flushed is in the file, wherever the rest of it is torn off', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 8 }), fc.nat(400), async (count, torn) => {
      const folder = tempFolder()
      const { book, flushed, path, log } = open(folder)
      for (let i = 0; i < count; i++) book.add(newJob(`kept-${i}`))
      book.take()
      await flushed()
      const { length } = readFileSync(path)
      for (let i = 0; i < 3; i++) book.add(newJob(`late-${i}`))
      log.close()
      truncateSync(path, Math.max(length, readFileSync(path).length - torn))
      const again = open(folder)
      expect(again.damages).toEqual([])
      expect(again.book.stateOf('kept-0')).toBe('running')
      for (let i = 1; i < count; i++) expect(again.book.stateOf(`kept-${i}`)).toBe('waiting')
      again.log.close()
    }),
    { numRuns: 20 },
  )
})

test('a damaged line costs its own job alone, is told, and the file is kept', () => {
  const folder = tempFolder()
  const { book, path, log } = open(folder)
  for (const id of ['a', 'b', 'c']) book.add(newJob(id))
  log.close()
  const text = readFileSync(path, 'utf8')
  writeFileSync(path, text.replace('"id":"b"', '"id":"x"'))
  const again = open(folder)
  expect(['a', 'b', 'x', 'c'].map((id) => again.book.stateOf(id))).toEqual(['waiting', undefined, undefined, 'waiting'])
  expect([again.log.damagedLines, again.damages[0]?.reason]).toEqual([1, '1 damaged lines'])
  again.compact()
  again.log.close()
})
