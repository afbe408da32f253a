import { declareKind } from '@spyglass/agent/contract'
import { logsOperation } from './logs-operation.ts'

/** An application deployed from a folder under a context path. */
export const application = declareKind({
  name: 'application',
  domain: 'spyglass',
  type: 'Application',
  keys: ['instance', 'name'],
  description: 'One application as one instance hosts it.',
  table: 5,
  attributes: {
    instance: { type: 'string', role: 'key', label: 'process', description: 'Instance that hosts it.', column: 3 },
    name: { type: 'string', role: 'key', description: 'Name of the application, from the configuration.', column: 4 },
    contextPath: { type: 'string', role: 'text', description: 'Path under which it is deployed.', column: 5 },
    version: { type: 'string', role: 'text', description: 'Version in its package.json.', column: 6 },
    state: {
      type: 'string',
      role: 'state',
      values: ['loading', 'started', 'failed', 'stopping', 'stopped', 'disabled'],
      description: 'State of the application. `disabled`: it is configured, and no instance hosts it until it is enabled.',
      column: 7,
    },
    folder: { type: 'string', role: 'text', description: 'Folder it was deployed from.' },
    problem: { type: 'string', role: 'text', description: 'Why it could not be loaded; absent unless that failed.' },
    requests: { type: 'long', role: 'counter', unit: '{request}', description: 'Requests ended.', column: 8 },
    errors: {
      type: 'long',
      role: 'counter',
      unit: '{request}',
      description: 'Requests answered with 500 or more, or aborted by an error.',
      column: 9,
    },
    activeRequests: { type: 'int', role: 'gauge', unit: '{request}', description: 'Requests being served now.', column: 10 },
    loadTime: { type: 'double', role: 'gauge', unit: 's', description: 'How long its start took.', column: 11, snmpScale: 1000 },
    upgradedConnections: {
      type: 'int',
      role: 'gauge',
      unit: '{connection}',
      description: 'Connections open now that changed their protocol: WebSocket, for instance.',
      column: 12,
    },
    upgrades: {
      type: 'long',
      role: 'counter',
      unit: '{connection}',
      description: 'Connections that changed their protocol, or asked to and were refused by the application.',
      column: 13,
    },
    messagesReceived: { type: 'long', role: 'counter', unit: '{message}', description: 'WebSocket messages received.', column: 14 },
    messagesSent: { type: 'long', role: 'counter', unit: '{message}', description: 'WebSocket messages sent.', column: 15 },
    webSocketCloses: {
      type: { table: 'WebSocketCloses', row: { code: 'int', count: 'long' }, index: ['code'] },
      role: 'text',
      description:
        'WebSocket connections that ended, by close code. 1012: the server closed them for a reload; 1006: they ended without one.',
    },
    admission: {
      type: 'string',
      role: 'state',
      values: ['off', 'open', 'limiting'],
      description:
        'Whether requests of it are refused when there are too many: `open`, all are admitted; `limiting`, it is overloaded and has a limit.',
      column: 16,
    },
    inFlightLimit: {
      type: 'int',
      role: 'gauge',
      unit: '{request}',
      description: 'Requests that may be under way while it is overloaded; absent otherwise.',
      column: 17,
    },
    refused: {
      type: 'long',
      role: 'counter',
      unit: '{request}',
      description: 'Requests refused in its place because of overload; they are not among `requests` and `errors`.',
      column: 18,
    },
    refusals: {
      type: { table: 'ApplicationRefusals', row: { reason: 'string', count: 'long' }, index: ['reason'] },
      role: 'text',
      description:
        'Requests refused in its place for any reason, as `error.type` of the access log has it: overload, a rate limit, a key in flight, a full queue.',
    },
  },
  operations: {
    reload: {
      description: 'Reloads the instances that host it, one after the other.',
      role: 'operator',
      impact: 'action',
      result: 'string',
    },
    logs: logsOperation('the application and its instances'),
    versions: {
      description: 'Lists the versions that are kept, oldest first.',
      role: 'viewer',
      impact: 'info',
      result: { array: 'string' },
    },
    rollback: {
      description: 'Puts an earlier version into service again, as it was deployed.',
      role: 'administrator',
      impact: 'action',
      arguments: {
        version: {
          type: 'int',
          optional: true,
          example: 1,
          description: 'Number of the version. Default: the one before the present one.',
        },
      },
      result: 'string',
    },
    undeploy: {
      description: 'Takes the application out of service and out of the configuration. Its versions are kept.',
      role: 'administrator',
      impact: 'action',
      result: 'string',
    },
  },
  events: [
    'spyglass.application.started',
    'spyglass.application.failed',
    'spyglass.application.overloaded',
    'spyglass.application.relieved',
  ],
})
