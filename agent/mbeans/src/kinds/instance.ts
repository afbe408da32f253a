import { declareKind } from '@spyglass/agent/contract'
import { logsOperation } from './logs-operation.ts'

/** One process slot that hosts applications. */
export const instance = declareKind({
  name: 'instance',
  domain: 'spyglass',
  type: 'Instance',
  keys: ['name'],
  description:
    'One instance: a process slot that hosts applications. A reload or a crash gives it a new process, not a new name, and its counters go on; they begin at 0 with the server.',
  table: 2,
  attributes: {
    name: {
      type: 'string',
      role: 'key',
      label: 'process',
      description: 'Name of the instance: its application, or the listener whose applications share it, and a number.',
      column: 2,
    },
    state: {
      type: 'string',
      role: 'state',
      values: ['starting', 'ready', 'draining', 'down', 'failed', 'unknown'],
      description: 'State of the instance; down means no generation of it is ready.',
      column: 3,
    },
    pid: {
      type: 'int',
      role: 'gauge',
      metric: false,
      description: 'Process id of the current generation; absent while there is none.',
      column: 4,
    },
    generation: {
      type: 'long',
      role: 'counter',
      unit: '{generation}',
      description: 'Generations started since the keeper started: first start, reloads and restarts.',
      column: 5,
    },
    startTime: { type: 'date', role: 'text', description: 'When the current generation started.', column: 6 },
    uptime: {
      type: 'long',
      role: 'gauge',
      unit: 'ms',
      description: 'Time since the current generation started.',
      column: 7,
      gauge32Column: 18,
    },
    restarts: {
      type: 'long',
      role: 'counter',
      unit: '{restart}',
      description: 'Restarts after a process of this instance exited unexpectedly.',
      column: 8,
    },
    reloads: { type: 'long', role: 'counter', unit: '{reload}', description: 'Reloads that put a new generation into service.', column: 9 },
    requests: {
      type: 'long',
      role: 'counter',
      unit: '{request}',
      description: 'Requests that ended.',
      column: 10,
    },
    errors: {
      type: 'long',
      role: 'counter',
      unit: '{request}',
      description: 'Requests answered with a status of 500 or more, or aborted by an error.',
      column: 11,
    },
    requestTime: {
      type: 'double',
      role: 'counter',
      unit: 's',
      description: 'Total duration of all requests that ended.',
    },
    activeRequests: {
      type: 'int',
      role: 'gauge',
      unit: '{request}',
      otel: 'http.server.active_requests',
      description: 'Requests being served now.',
      column: 12,
    },
    rss: { type: 'long', role: 'gauge', unit: 'By', description: 'Resident memory of the process.', column: 13, gauge32Column: 19 },
    cpuTime: {
      type: 'double',
      role: 'counter',
      unit: 's',
      otel: 'process.cpu.time',
      description: 'CPU time, user and system.',
      column: 14,
      snmpScale: 1000,
    },
    cpuUtilization: {
      type: 'double',
      role: 'gauge',
      unit: '1',
      otel: 'process.cpu.utilization',
      description: 'CPU time used since the last sample, as a share of one core.',
      column: 15,
      snmpScale: 1000,
    },
    requestDurationP95: {
      type: 'double',
      role: 'gauge',
      unit: 's',
      metric: false,
      description: '95th percentile of request durations over the last minute; absent when there was no request.',
      column: 16,
      snmpScale: 1_000_000,
    },
    lastSeen: { type: 'date', role: 'text', description: 'When the instance last reported.', column: 17 },
    listener: { type: 'string', role: 'text', description: 'Name of the listener that it serves.', column: 20 },
    isolation: {
      type: 'string',
      role: 'text',
      description:
        'How far its applications are kept apart from others: shared, own, permission or user. Only at the level user are they protected from each other: at the others they can read the files and environments of each other. router: it hosts none, and leads requests to those of its listener.',
      column: 21,
    },
    lastFailure: {
      type: 'string',
      role: 'text',
      description: 'Why its last process exited unexpectedly or did not become ready; absent if that has not happened.',
      column: 22,
    },
    replacements: {
      type: 'long',
      role: 'counter',
      unit: '{replacement}',
      description: 'Replacements: new generations that were started because health checks of the instance failed.',
      column: 23,
    },
    healthProblem: {
      type: 'string',
      role: 'text',
      description: 'Why health checks of the instance fail, while it serves until its successor is ready; absent while they pass.',
      column: 24,
    },
    startProgress: {
      type: 'string',
      role: 'text',
      description:
        'What a generation that starts has been doing since when: its programs are loaded, or one has run and has not listened. Absent while none starts, and in the first seconds.',
    },
    lastFailureKind: {
      type: 'string',
      role: 'state',
      values: ['none', 'start', 'exit', 'signal', 'outOfMemory', 'hang', 'unhealthy', 'unknown'],
      isHistory: true,
      description:
        'Kind of the last failure: it did not become ready, exited, was killed by a signal, ran out of memory, hung, or failed its health checks. lastFailure says it in words.',
      column: 25,
    },
  },
  operations: {
    reload: {
      description:
        'Puts a new generation into service, then drains the old one. If the new one does not become ready, the old one keeps serving.',
      role: 'operator',
      impact: 'action',
      result: 'string',
    },
    runningRequests: {
      description:
        'Shows the requests, jobs and messages that run now, the oldest first, at most 100: for how long, and what each waits for. Those of processes that the program has started are not shown.',
      role: 'viewer',
      impact: 'info',
      result: {
        table: 'runningRequests',
        index: ['id'],
        row: {
          id: 'string',
          traceId: 'string',
          name: 'string',
          ageMs: 'long',
          application: 'string',
          waitsFor: 'string',
          waitMs: 'long',
          cancellable: 'boolean',
        },
      },
    },
    cancelRequest: {
      description:
        'Cancels a request that runs: its response is destroyed, so that its client gets no answer, and the signal of the agent is aborted. The program may go on with what does not listen to either. Its trace is kept.',
      role: 'operator',
      impact: 'action',
      arguments: { id: { type: 'string', description: 'As runningRequests shows it.', example: '5f3c9a1b2d4e6f70' } },
    },
    profile: {
      description:
        'Takes a profile of the instance for some seconds and says where the console shows its flame graph. One at a time, at most 60 in an hour. Of the main thread of its first process: workers of a cluster are not in it.',
      role: 'operator',
      impact: 'action',
      arguments: {
        seconds: { type: 'int', optional: true, example: 1, description: 'How long: 1 to 60. Default: 10.' },
        kind: {
          type: 'string',
          optional: true,
          values: ['cpu', 'wall'],
          example: 'cpu',
          description: 'cpu: the time in which its code ran; wall: idle time as well. Default: cpu.',
        },
      },
      result: 'string',
    },
    logs: logsOperation('the instance'),
  },
  events: [
    'spyglass.instance.down',
    'spyglass.instance.up',
    'spyglass.instance.reloaded',
    'spyglass.instance.reload_failed',
    'spyglass.instance.quarantined',
    'spyglass.instance.unhealthy',
    'spyglass.error.new',
  ],
})
