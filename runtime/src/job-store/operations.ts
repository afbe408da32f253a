/** Operations of a queue of jobs that the process of the jobs carries out. */
import { fail } from '../jobs/errors.ts'
import { listed } from '../jobs/job.ts'
import { type JobBook, type Purgeable, purgeable } from './job-book.ts'
import type { JobServer } from './job-server.ts'

type Given = Readonly<Record<string, unknown>>

const operations: Readonly<Record<string, (book: JobBook, given: Given) => unknown>> = {
  pause: (book) => book.pause(true),
  resume: (book) => book.pause(false),
  dead: (book, { count }) => book.dead(listed(count)),
  retry: (book, { id }) => book.retry(id as string | undefined),
  remove: (book, { id }) => book.remove(String(id)),
  purge: (book, { which }) => book.purge(which as Purgeable),
}

/** Its result is on the disk when this resolves. @throws SPY_JOBS_OPERATION, SPY_JOBS_OPTION, and what the file system says */
export async function operate(jobs: JobServer, operation: string, given: Given): Promise<unknown> {
  const name = String(given['jobQueue'])
  const carryOut = Object.hasOwn(operations, operation) ? operations[operation] : undefined
  if (!carryOut) throw fail('SPY_JOBS_OPERATION', [name, operation])
  if (operation === 'purge' && !purgeable.includes(given['which'] as Purgeable))
    throw fail('SPY_JOBS_OPTION', [name, `which must be one of ${purgeable.join(', ')}`])
  const served = jobs.known(name)
  if (!served) throw fail('SPY_JOBS_UNKNOWN', [name, jobs.names.join(', ') || 'none'])
  const result = carryOut(served.opened.book, given)
  served.deal()
  await served.opened.flushed()
  return result
}
