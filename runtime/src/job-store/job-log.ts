/** The file of one queue: `jobs.N`. */
import type { Damage } from '@spyglass/process/durable-file'
import { ChangeLog } from '../change-log/index.ts'
import { JobBook } from './job-book.ts'
import { allChanges, carryOut, emptyContents } from './stored-job.ts'
import type { OpenQueue } from './job-server.ts'

export interface OpenJobsOptions {
  readonly folder: string
  readonly onDamage: (damage: Damage) => void
  readonly now?: () => number
}

export interface JobsFile extends OpenQueue {
  readonly log: ChangeLog
}

/** Reads what is there. What is damaged is skipped, counted and kept aside; it is never a reason not to start. */
export function openJobs({ folder, onDamage, now = Date.now }: OpenJobsOptions): JobsFile {
  const contents = emptyContents()
  const log = ChangeLog.open({
    folder,
    name: 'jobs',
    carryOut: (change) => carryOut(change, contents),
    all: () => allChanges(contents),
    onDamage,
    now,
  })
  const book = new JobBook(contents, { write: (change) => log.append(change), now })
  return { book, log, flushed: () => log.flushed(), compact: () => log.compactIfWorth() }
}
