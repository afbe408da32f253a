import type { Change } from '../../../runtime/src/change-log/index.ts'
import { JobBook } from '../../../runtime/src/job-store/job-book.ts'
import { carryOut, emptyContents } from '../../../runtime/src/job-store/stored-job.ts'
import type { NewJob } from '../../../runtime/src/jobs/job.ts'

export const newJob = (id: string, given: Partial<NewJob> = {}): NewJob => ({
  id,
  isNamed: true,
  data: '{"a":1}',
  delayMs: 0,
  attempts: 3,
  backoffMs: 1000,
  ...given,
})

/** A book whose time the test sets, and whose file is a list. */
export function openBook(written: Change[] = [], time = { now: 1_000_000 }) {
  const contents = emptyContents()
  for (const change of written) carryOut(JSON.parse(JSON.stringify(change)) as Change, contents)
  const file = { written, isFull: false }
  const book = new JobBook(contents, {
    now: () => time.now,
    write(change) {
      if (file.isFull) throw new Error('ENOSPC')
      written.push(JSON.parse(JSON.stringify(change)) as Change)
    },
  })
  book.limits = { maxJobs: 100, maxTotalBytes: 1_000_000, keepDoneMs: 60_000 }
  return { book, file, time, crash: () => openBook(written, time) }
}
