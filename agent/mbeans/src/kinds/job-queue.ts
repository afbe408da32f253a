import { declareKind } from '@spyglass/agent/contract'

const jobsThat = (role: 'gauge' | 'counter', description: string, column: number) =>
  ({ type: role === 'gauge' ? 'int' : 'long', role, unit: '{job}', description, column }) as const

/** A queue of jobs, as one process knows it. */
export const jobQueue = declareKind({
  name: 'jobQueue',
  domain: 'spyglass',
  type: 'JobQueue',
  keys: ['instance', 'name'],
  description:
    'A queue of jobs. Instances count what they add and run; what is in the queue is known by the process `job-store`, or with Redis by each instance.',
  table: 24,
  attributes: {
    instance: { type: 'string', role: 'key', label: 'process', description: 'Instance or process that counts.', column: 3 },
    name: { type: 'string', role: 'key', description: 'Name of the queue, from the configuration.', column: 4 },
    state: {
      type: 'string',
      role: 'state',
      values: ['ok', 'paused', 'down'],
      description: '`paused`: no job is begun. `down`: the Redis does not answer.',
      column: 5,
    },
    store: { type: 'string', role: 'text', description: 'Where the jobs are: server or redis.', column: 6 },
    concurrency: { type: 'int', role: 'gauge', unit: '{job}', description: 'Jobs that the instance runs at once at most.', column: 7 },
    waiting: jobsThat('gauge', 'Jobs that are due and wait.', 8),
    delayed: jobsThat('gauge', 'Jobs that are due later, those that are run again among them.', 9),
    running: jobsThat('gauge', 'Jobs that run: in the instance, or as the store knows it.', 10),
    dead: jobsThat('gauge', 'Jobs whose last run failed. They stay until they are retried or removed.', 11),
    repeated: jobsThat('gauge', 'Jobs that are added again and again.', 12),
    oldestAge: {
      type: 'double',
      role: 'gauge',
      unit: 's',
      description: 'How long the job has been due that waits longest.',
      column: 13,
      snmpScale: 1000,
    },
    size: {
      type: 'long',
      role: 'gauge',
      unit: 'By',
      description: 'What the jobs take in memory; absent with Redis.',
      column: 14,
      gauge32Column: 15,
    },
    added: jobsThat('counter', 'Jobs added.', 16),
    refused: jobsThat('counter', 'Jobs refused because the queue was full.', 17),
    done: jobsThat('counter', 'Jobs done.', 18),
    failed: jobsThat('counter', 'Jobs whose run failed; each run counts.', 19),
    retried: jobsThat('counter', 'Jobs that failed and are run again; each time counts.', 20),
    died: jobsThat('counter', 'Jobs whose last run failed.', 21),
    interrupted: jobsThat('counter', 'Jobs whose instance ended while they ran; each time counts.', 22),
    failures: jobsThat('counter', 'Jobs that could not be added because the store did not answer or failed.', 23),
    damagedLines: {
      type: 'long',
      role: 'counter',
      unit: '{line}',
      description: 'Damaged lines that were skipped in the file.',
      column: 24,
    },
  },
  operations: {
    pause: { description: 'Begins no more jobs; those that run go on.', role: 'operator', impact: 'action', amongMany: 'any' },
    resume: { description: 'Begins jobs again.', role: 'operator', impact: 'action', amongMany: 'any' },
    dead: {
      description: 'Lists dead jobs, the last one first.',
      role: 'operator',
      impact: 'info',
      amongMany: 'any',
      arguments: { count: { type: 'int', optional: true, example: 20, description: 'How many. Default: 20.' } },
      result: {
        table: 'DeadJobs',
        index: ['id'],
        row: { id: 'string', runs: 'int', addedAt: 'date', diedAt: 'date', error: 'string', data: 'string' },
      },
    },
    retry: {
      description: 'Runs dead jobs again. Returns how many.',
      role: 'operator',
      impact: 'action',
      amongMany: 'any',
      arguments: { id: { type: 'string', optional: true, example: 'order-7', description: 'Only this one. Default: all.' } },
      result: 'int',
    },
    remove: {
      description: 'Removes a job that does not run. Returns whether there was one.',
      role: 'operator',
      impact: 'action',
      amongMany: 'any',
      arguments: { id: { type: 'string', example: 'order-7', description: 'Id of the job.' } },
      result: 'boolean',
    },
    purge: {
      description: 'Removes all jobs of a state. Returns how many. Those that run stay.',
      role: 'operator',
      impact: 'action',
      amongMany: 'any',
      arguments: {
        which: { type: 'string', values: ['dead', 'waiting', 'delayed', 'all'], example: 'dead', description: 'Which jobs.' },
      },
      result: 'int',
    },
  },
})
