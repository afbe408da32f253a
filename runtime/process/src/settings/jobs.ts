import { declareSettings } from './declaration.ts'
import { redisStoreSettings } from './redis-store.ts'
import { milliseconds, name } from './shapes.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

export const jobSettings = declareSettings({
  name: name('Name of the queue, which applications look it up by.'),
  store: {
    type: 'choice',
    values: ['server', 'redis'],
    default: 'server',
    description:
      'Where the jobs are. server: a process of this server, with a file in the data folder; redis: a Redis or Valkey, by the package bullmq of the application.',
  },
  ...redisStoreSettings,
  concurrency: {
    type: 'int',
    min: 1,
    max: 1000,
    default: 4,
    applies: 'live',
    description: 'Jobs that each instance runs at once.',
  },
  attempts: {
    type: 'int',
    min: 1,
    max: 1000,
    default: 3,
    applies: 'live',
    description: 'Runs of a job at most; after the last one that fails it is dead.',
  },
  backoffMs: {
    ...milliseconds(1000, 'Time until a job that failed is run again; after each further run twice as long, at most an hour.', 0, HOUR_MS),
    applies: 'live',
  },
  runTimeoutMs: {
    ...milliseconds(0, 'How long a run may take; then it has failed, and its signal is aborted. 0: as long as it likes.', 0, DAY_MS),
    applies: 'live',
  },
  timeoutMs: {
    ...milliseconds(5000, 'How long the store may take to add a job; it covers a restart of the store.', 10, 60_000),
    applies: 'live',
  },
  maxBytes: {
    type: 'int',
    min: 64,
    max: 1_048_576,
    default: 65_536,
    unit: 'By',
    applies: 'live',
    description: 'Size limit of the data of one job, as JSON.',
  },
  maxJobs: {
    type: 'int',
    min: 1,
    max: 10_000_000,
    default: 100_000,
    applies: 'live',
    description: 'Jobs that wait, run or are dead at most; beyond it new ones are refused.',
  },
  maxTotalBytes: {
    type: 'int',
    min: 65_536,
    max: 1_073_741_824,
    default: 67_108_864,
    unit: 'By',
    applies: 'live',
    description: 'With store server: size limit of all jobs together, which are in its memory.',
  },
  keepDoneMs: {
    ...milliseconds(
      DAY_MS,
      'How long the id that an application gave a job is known after it is done, so that it is not added again.',
      0,
      31_536_000_000,
    ),
    applies: 'live',
  },
})
