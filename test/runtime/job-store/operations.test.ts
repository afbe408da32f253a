import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ServedQueue } from '../../../runtime/src/job-store/job-server.ts'
import { operate } from '../../../runtime/src/job-store/operations.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { ManualClock } from '../datasource/fixture.ts'
import { startJobStore } from '../jobs/fixture.ts'
import { newJob, openBook } from './fixture.ts'

test('an operator lists, retries, removes and purges jobs, and pauses the queue; what was done is on the disk', async () => {
  const folder = tempFolder()
  const store = await startJobStore(folder)
  const { book } = store.jobs.queue('orders').opened
  const run = (operation: string, given: object = {}) => operate(store.jobs, operation, { jobQueue: 'orders', ...given })
  for (const id of ['a', 'b', 'c']) book.add(newJob(id, { attempts: 1 }))
  for (const id of ['a', 'b']) book.failed(id, book.take()!.runs, `no ${id}`)
  expect(await run('dead', { count: 1 })).toMatchObject([{ id: 'b', error: 'no b' }])
  expect(await run('dead')).toHaveLength(2)
  expect([await run('retry', { id: 'a' }), await run('remove', { id: 'c' }), await run('purge', { which: 'dead' })]).toEqual([1, true, 1])
  await run('pause')
  expect([book.isPaused, book.take()]).toEqual([true, undefined])
  await run('resume')
  const [file] = readdirSync(join(folder, 'orders'))
  expect(readFileSync(join(folder, 'orders', file!), 'utf8')).toMatch(/\["p",false\]\n$/)
  expect(book.take()?.id).toBe('a')
  await expect(run('other')).rejects.toMatchObject({ code: 'SPY_JOBS_OPERATION' })
  await expect(run('toString')).rejects.toMatchObject({ code: 'SPY_JOBS_OPERATION' })
  await expect(run('purge', { which: 'running' })).rejects.toMatchObject({ code: 'SPY_JOBS_OPTION' })
  await expect(run('pause', { jobQueue: 'unknown' })).rejects.toMatchObject({ code: 'SPY_JOBS_UNKNOWN' })
  await store.end()
})

test('what is due after somebody has set the clock forward is due within seconds', () => {
  const clock = new ManualClock()
  const { book, time } = openBook([], { now: clock.now() })
  book.add(newJob('a', { delayMs: 3_600_000 }))
  const after = (ms: number, fn: () => void): (() => void) => clock.after(ms, fn)
  const queue = new ServedQueue({ book, flushed: () => Promise.resolve(), compact: () => {} }, { now: () => time.now, after })
  time.now += 7_200_000
  clock.advance(10_000)
  expect(book.stateOf('a')).toBe('waiting')
  queue.close()
})

test('a list of dead jobs is bounded: it goes over the channel of the process', async () => {
  const store = await startJobStore(tempFolder())
  const { book } = store.jobs.queue('orders').opened
  for (let i = 0; i < 600; i++) {
    book.add(newJob(`j${i}`, { attempts: 1, data: JSON.stringify('x'.repeat(20_000)) }))
    book.failed(`j${i}`, book.take()!.runs, 'no')
  }
  const listed = async (count: unknown) => (await operate(store.jobs, 'dead', { jobQueue: 'orders', count })) as { data: string }[]
  expect([(await listed(0)).length, (await listed(100_000)).length, (await listed(2))[0]!.data.length]).toEqual([1, 500, 10_000])
  await store.end()
})
