import { declareKind } from '@spyglass/agent/contract'
import { logsOperation } from './logs-operation.ts'
import { deploymentOperations } from './server-deployment.ts'
import { identityOperations } from './server-identity.ts'

/** One keeper with its configuration. */
export const server = declareKind({
  name: 'server',
  domain: 'spyglass',
  type: 'Server',
  keys: ['name'],
  description: 'One Spyglass server: a keeper, its configuration and the processes it keeps alive.',
  table: 1,
  attributes: {
    name: { type: 'string', role: 'key', label: 'server', description: 'Name of the server, from the configuration.', column: 2 },
    id: {
      type: 'string',
      role: 'text',
      description: 'UUID of the server, created at first start and kept in the data folder.',
      column: 3,
    },
    version: { type: 'string', role: 'text', description: 'Version of Spyglass.', column: 4 },
    nodeVersion: { type: 'string', role: 'text', description: 'Version of Node.js.', column: 5 },
    startTime: { type: 'date', role: 'text', description: 'When the keeper started.', column: 6 },
    uptime: { type: 'long', role: 'gauge', unit: 'ms', description: 'Time since the keeper started.', column: 7, gauge32Column: 11 },
    instances: { type: 'int', role: 'gauge', unit: '{instance}', description: 'Number of configured instances.', column: 8 },
    instancesReady: {
      type: 'int',
      role: 'gauge',
      unit: '{instance}',
      description: 'Number of instances currently serving requests.',
      column: 9,
    },
    restarts: {
      type: 'long',
      role: 'counter',
      unit: '{restart}',
      description: 'Restarts of child processes that exited unexpectedly.',
      column: 10,
    },
    holderPid: {
      type: 'int',
      role: 'gauge',
      metric: false,
      description: 'Process id of the holder, which holds the sockets and starts all other processes; the service ends with it.',
      column: 12,
    },
    deciderPid: {
      type: 'int',
      role: 'gauge',
      metric: false,
      description: 'Process id of the decider, which decides what runs; the holder starts another one if it ends.',
      column: 13,
    },
    notReady: {
      type: { array: 'string' },
      role: 'text',
      description:
        'Why the server is not ready: processes that are not running, and problems that running processes report. Empty when ready.',
    },
  },
  operations: {
    reload: { description: 'Reloads all instances, one after the other.', role: 'operator', impact: 'action', result: 'string' },
    logs: logsOperation('all processes of the server'),
    ...deploymentOperations,
    ...identityOperations,
  },
  events: [
    'spyglass.process.restarted',
    'spyglass.server.started',
    'spyglass.settings.changed',
    'spyglass.state.damaged',
    'spyglass.server.stopping',
  ],
})
