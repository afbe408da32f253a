import { declareSettings } from './declaration.ts'
import { milliseconds, name, ownMilliseconds } from './shapes.ts'

export const applicationSettings = declareSettings({
  name: name('Name of the application.'),
  folder: {
    type: 'text',
    minLength: 1,
    required: true,
    description: 'Folder of the application, relative to the configuration file.',
  },
  entry: {
    type: 'text',
    minLength: 1,
    description:
      'Program of the application, relative to its folder. Default: what `spyglass.app.yaml` in the folder says, else `exports` or `main` of package.json, else the program of `scripts.start`.',
  },
  worker: {
    type: 'boolean',
    default: false,
    description: 'Whether it has no port: a consumer of queues, a scheduler. It is ready when its module has run.',
  },
  contextPath: {
    type: 'text',
    checks: [{ is: /^(\/|(\/[\w.~-]+)+)$/, allowed: 'a path that starts with / and does not end with /' }],
    default: '/',
    description: 'Path under which the application is deployed.',
  },
  listener: { type: 'text', default: 'http', description: 'Name of the listener that serves it.' },
  host: {
    type: 'text',
    default: 'server',
    description: 'Name of the host that it is deployed to; `server` takes every name that no other host has.',
  },
  enabled: {
    type: 'boolean',
    default: true,
    description: 'Whether it runs. One that is disabled keeps its place in the configuration, and has no process.',
  },
  environment: {
    type: 'map',
    default: {},
    secret: true,
    description: 'Environment variables of its instances. NODE_ENV is `production` unless set here.',
  },
  isolation: {
    type: 'choice',
    values: ['own', 'shared'],
    default: 'own',
    description:
      'own: the application has its own processes, environment and working directory (its folder). shared: it lives in the processes of its listener, with the other applications there.',
  },
  replicas: {
    type: 'int',
    min: 1,
    max: 64,
    description:
      'Number of instances that run it (`shop-1`, `shop-2`). Default: `instances` of its listener. Not with `isolation: shared`.',
  },
  datasources: {
    type: 'texts',
    each: { minLength: 1 },
    default: [],
    description: 'Names of the datasources that it uses. It gets no others.',
  },
  imports: {
    type: 'texts',
    each: { minLength: 1 },
    default: [],
    description: 'Modules loaded before it (`node --import`), resolved from its folder: `tsx`, for instance. Not with `isolation: shared`.',
  },
  arguments: { type: 'texts', each: {}, default: [], description: 'Arguments of its program. Not with `isolation: shared`.' },
  maxHeapBytes: {
    type: 'int',
    min: 16_777_216,
    unit: 'By',
    description:
      'Maximum size of the old generation of the JavaScript heap in each of its instances; beyond it, the instance ends. Default: V8 decides by the memory of the machine. Not with `isolation: shared`.',
  },
  startTimeoutMs: milliseconds(30_000, 'How long the application may take to start.'),
  drainMs: ownMilliseconds('How long its requests may run on in an instance that is replaced. Default: that of the server.', 0),
  stopMs: ownMilliseconds('How long its requests may run on when the server stops. Default: that of the server.', 0),
  hangPatienceMs: ownMilliseconds(
    'How long an instance may give no sign of life before it is replaced. Default: that of the server.',
    1000,
  ),
  quarantineAfter: {
    type: 'int',
    min: 1,
    max: 1_000_000,
    description: 'Failures in a row after which an instance is put into quarantine. Default: that of the server.',
  },
})
