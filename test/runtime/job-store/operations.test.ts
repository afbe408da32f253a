import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { operate } from '../../../runtime/src/job-store/operations.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { startJobStore } from '../jobs/fixture.ts'
import { newJob } from './fixture.ts'

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
