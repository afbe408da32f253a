/** The real store of jobs behind a real socket, and as many instances as a test wants. */
import net from 'node:net'
import { join } from 'node:path'
import pino from 'pino'
import { createRegistry } from '@spyglass/agent'
import { kindNamed } from '@spyglass/mbeans/kinds'
import { listenLocally } from '@spyglass/process/channel'
import type { JobsConfig } from '@spyglass/process/config'
import { systemClock } from '../../../runtime/src/clock/index.ts'
import { type JobsFile, openJobs } from '../../../runtime/src/job-store/job-log.ts'
import { JobServer } from '../../../runtime/src/job-store/job-server.ts'
import { jobsAccess, jobsToken } from '../../../runtime/src/jobs/jobs-access.ts'
import { openResources } from '../../../runtime/src/resource/index.ts'
import { repository } from '../../support/suite.ts'

const SECRETS = { internal: { token: 'x'.repeat(43) } }

export const config: JobsConfig = {
  name: 'orders',
  store: 'server',
  concurrency: 4,
  attempts: 3,
  backoffMs: 0,
  runTimeoutMs: 0,
  timeoutMs: 5000,
  maxBytes: 65_536,
  maxJobs: 100_000,
  maxTotalBytes: 67_108_864,
  keepDoneMs: 60_000,
}

export const tokenOf = (queue: string): string => jobsToken(SECRETS, queue)

export async function startJobStore(folder: string) {
  const files = new Map<string, JobsFile>()
  const jobs = new JobServer({
    tokenOf,
    open(name) {
      const file = openJobs({ folder: join(folder, name), onDamage: () => {} })
      files.set(name, file)
      return file
    },
    clock: { ...systemClock, now: Date.now },
  })
  const socket = join(folder, 'jobs.sock')
  const server = net.createServer((connection) => jobs.connected(connection))
  await listenLocally(server, socket)
  return {
    socket,
    jobs,
    book: (name = 'orders') => files.get(name)!.book,
    /** As a killed process leaves it: nothing is closed in order. */
    async end() {
      const closed = new Promise((resolve) => server.close(resolve))
      jobs.close()
      await closed
      for (const { log } of files.values()) log.close()
    },
  }
}

export type Given = Partial<JobsConfig>

/** One instance with the jobs `orders`. */
export async function openOrders(socket: string, given: Given = {}, instance = 'shop-1') {
  const registry = createRegistry({ kindNamed })
  const lines: string[] = []
  const resources = await openResources({
    instance,
    registry,
    logger: pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) }),
    folder: '/',
    applicationFolders: [repository],
    jobs: jobsAccess(SECRETS, socket, ['orders']),
    resources: { jobs: [{ ...config, ...given }] },
  })
  return {
    orders: resources.get('jobs', 'orders'),
    resources,
    lines,
    configure: (changes: Given) => resources.configure('jobs', [{ ...config, ...given, ...changes }]),
    read: (attribute: string) => registry.find(`spyglass:type=JobQueue,instance=${instance},name=orders`)?.read(attribute),
    close: (deadlineMs = 1000) => resources.close(deadlineMs),
  }
}
