import { spawnSync } from 'node:child_process'
import { appendFileSync, existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SpyglassEvent } from '@spyglass/agent/contract'
import { expect, test } from 'vitest'
import { Outbox } from '../../../runtime/process/src/keeper-link/outbox.ts'
import { leftOutboxes } from '../../../runtime/src/management/outbox-folder.ts'
import { tempFolder } from '../../support/temp-folder.ts'

/** The outbox of a process with this id, with one event and half of another. */
function outboxIn(folder: string, source: string, pid: number): string {
  const outbox = new Outbox({ folder, source })
  outbox.add({ type: 'event', event: { message: source } as SpyglassEvent })
  outbox.close()
  const file = join(folder, `${source}.${pid}.${outbox.run}.outbox`)
  renameSync(join(folder, `${source}.${process.pid}.${outbox.run}.outbox`), file)
  appendFileSync(file, '00000000 {"type":"ev')
  return file
}

test('what a process left is found under its name; its file is deleted unless the process lives', () => {
  const folder = tempFolder()
  const { pid: dead } = spawnSync(process.execPath, ['--version'])
  const [left, living] = [outboxIn(folder, 'shop-1', dead), outboxIn(folder, 'shop-2', process.pid)]
  appendFileSync(join(folder, 'note.txt'), 'not an outbox')
  expect(leftOutboxes(folder, 'shop-1')).toMatchObject([
    { source: 'shop-1', pid: dead, messages: [{ type: 'event', n: 1, event: { message: 'shop-1' } }] },
  ])
  const all = leftOutboxes(folder)
  expect(all.map(({ source }) => source).toSorted()).toEqual(['shop-1', 'shop-2'])
  for (const { taken } of all) taken()
  expect([existsSync(left), existsSync(living), readdirSync(folder).length]).toEqual([false, true, 2])
})

test('without a folder there is nothing', () => {
  expect(leftOutboxes(join(tempFolder(), 'none'))).toEqual([])
})

test('a name that no process writes is passed over', () => {
  const folder = tempFolder()
  writeFileSync(join(folder, '%zz.1.0123456789ab.outbox'), '')
  expect(leftOutboxes(folder)).toEqual([])
})
