import { declareKind } from '@spyglass/agent/contract'

const tasksThat = (role: 'gauge' | 'counter', description: string, column: number) =>
  ({ type: role === 'gauge' ? 'int' : 'long', role, unit: '{task}', description, column }) as const

/** Worker threads of an instance. */
export const workerPool = declareKind({
  name: 'workerPool',
  domain: 'spyglass',
  type: 'WorkerPool',
  keys: ['instance', 'name'],
  description: 'Worker threads that run tasks of an application in one instance.',
  table: 25,
  attributes: {
    instance: { type: 'string', role: 'key', label: 'process', description: 'Instance whose threads they are.', column: 3 },
    name: { type: 'string', role: 'key', description: 'Name of the pool, from the configuration.', column: 4 },
    size: tasksThat('gauge', 'Tasks that may run at once now, between `min` and `max`.', 5),
    threads: { type: 'int', role: 'gauge', unit: '{thread}', description: 'Threads that there are.', column: 6 },
    running: tasksThat('gauge', 'Tasks that run.', 7),
    waiting: tasksThat('gauge', 'Tasks that wait.', 8),
    oldestAge: {
      type: 'double',
      role: 'gauge',
      unit: 's',
      description: 'How long the task has waited that waits longest.',
      column: 9,
      snmpScale: 1000,
    },
    done: tasksThat('counter', 'Tasks done.', 10),
    failed: tasksThat('counter', 'Tasks that failed, for any of the reasons below or their own.', 11),
    refused: tasksThat('counter', 'Tasks refused because too many waited.', 12),
    late: tasksThat('counter', 'Tasks that did not end in time.', 13),
    cancelled: tasksThat('counter', 'Tasks that the application gave up.', 14),
    crashed: tasksThat('counter', 'Tasks whose worker ended.', 15),
  },
})
