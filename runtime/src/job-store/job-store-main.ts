/** Entry of the process that keeps jobs: in memory, with a file for each queue that this process alone has open. It runs only where an application uses jobs with `store: server`. */
import net from 'node:net'
import { join } from 'node:path'
import { kinds } from '@spyglass/mbeans/kinds'
import { registerPlatformBeans } from '@spyglass/mbeans/platform'
import { listenInherited, listenLocally } from '@spyglass/process/channel'
import { JOBS_SOCKET, jobsSocket } from '@spyglass/process/checked-config'
import { answerOf, connectKeeper } from '@spyglass/process/keeper-link'
import { openOwnProcess, type OwnProcess, runOwnProcess } from '@spyglass/process/own-process'
import { systemClock } from '../clock/index.ts'
import { jobsToken } from '../jobs/jobs-access.ts'
import { type JobsFile, openJobs } from './job-log.ts'
import { JobServer } from './job-server.ts'
import { operate } from './operations.ts'

const NAME = 'job-store'
const COMPACT_MS = 5000
/** Jobs that wait have times of the calendar. */
const clock = { ...systemClock, now: Date.now }

await runOwnProcess({ command: NAME, summary: 'jobs of the applications of one server', main: runJobStore })

/** Runs it until the keeper, or a signal, says stop. */
async function runJobStore(argv: readonly string[]): Promise<void> {
  const own = await openOwnProcess(NAME, argv)
  const files: JobsFile[] = []
  const jobs = new JobServer({ tokenOf: (queue) => jobsToken(own.secrets, queue), open: (queue) => opened(own, queue, files), clock })
  registerPlatformBeans(own.registry, { processName: NAME })
  const server = net.createServer((socket) => jobs.connected(socket))
  if (!(await listenInherited(server, JOBS_SOCKET))) await listenLocally(server, jobsSocket(own.folder))
  setInterval(() => jobs.compact(), COMPACT_MS).unref()
  for (const { name, store } of own.config.jobs) if (store === 'server') openNow(jobs, name)
  const link = connectKeeper({
    registry: own.registry,
    live: own.live,
    onMessage(message) {
      if (message.type === 'ask')
        void answerOf(message, (operation, given) => operate(jobs, operation, given)).then((answer) => link.send(answer))
    },
    stop() {
      server.close()
      jobs.close()
      for (const { log } of files) log.close()
    },
  })
  link.ready()
}

/** So that its jobs are shown before an instance asks. What cannot be opened is tried again with the next instance. */
function openNow(jobs: JobServer, name: string): void {
  try {
    jobs.queue(name)
  } catch {
    // it has been said
  }
}

function opened({ folder, registry, logger, onDamage }: OwnProcess, name: string, files: JobsFile[]): JobsFile {
  try {
    const consequences = { fromPrevious: '', lost: 'The jobs of the damaged lines are lost; all others are there' }
    const file = openJobs({ folder: join(folder.root, 'jobs', name), onDamage: onDamage(consequences) })
    files.push(file)
    registry.register(kinds.jobQueue, { instance: NAME, name }, gettersOf(name, file))
    return file
  } catch (error) {
    logger.error({ err: error, jobs: name }, 'jobs cannot be opened')
    throw error
  }
}

const unknown = (): undefined => undefined

/** Instances know the rest. */
function gettersOf(name: string, { book, log }: JobsFile) {
  return {
    instance: () => NAME,
    name: () => name,
    state: () => (book.isPaused ? 'paused' : 'ok'),
    store: () => 'server',
    concurrency: unknown,
    waiting: () => book.figures.waiting,
    delayed: () => book.figures.delayed,
    running: () => book.figures.running,
    dead: () => book.figures.dead,
    repeated: () => book.figures.repeated,
    oldestAge: () => book.figures.oldestMs / 1000,
    size: () => book.bytes,
    added: () => book.counts.added,
    refused: () => book.counts.refused,
    done: () => book.counts.done,
    failed: () => book.counts.failed,
    retried: () => book.counts.retried,
    died: () => book.counts.died,
    interrupted: () => book.counts.interrupted,
    failures: unknown,
    damagedLines: () => log.damagedLines,
  }
}
