import { admissionSettings } from './admission.ts'
import { declareSettings } from './declaration.ts'
import { resourceNames } from './resources.ts'
import { ownAccessLogSettings } from './logs.ts'
import { milliseconds, name, ownMilliseconds } from './shapes.ts'

const healthSettings = declareSettings({
  path: {
    type: 'text',
    checks: [{ is: /^\/[\w./~?&=%-]*$/, allowed: 'a path' }],
    description:
      'Path that each instance asks its application for, as the application sees it (without the context path). Healthy is a status from 200 to 399. The request is not counted or logged. Default: none is asked for. A worker has no paths.',
  },
  intervalMs: milliseconds(5000, 'How often the health is checked.', 100, 3_600_000),
  timeoutMs: milliseconds(2000, 'How long the application may take to answer.', 1, 600_000),
  failures: {
    type: 'int',
    min: 1,
    max: 1000,
    default: 3,
    description: 'Failures of a check in a row after which the instance is unhealthy.',
  },
  maxEventLoopDelayMs: {
    type: 'int',
    min: 1,
    max: 3_600_000,
    unit: 'ms',
    description:
      'Limit of the event loop delay (99th percentile of an interval, as `eventLoop.delayP99` shows it). Intervals in which the process waits for a processor for over a quarter of the time do not count. Default: no limit.',
  },
  maxHeapUsedBytes: {
    type: 'int',
    min: 1_048_576,
    unit: 'By',
    description: 'Limit of the JavaScript heap in use, as `v8Heap.used` shows it. Default: no limit.',
  },
  maxRssBytes: {
    type: 'int',
    min: 1_048_576,
    unit: 'By',
    description: 'Limit of the resident memory of the process, as `instance.rss` shows it. Default: no limit.',
  },
})

export const applicationSettings = declareSettings({
  name: name('Name of the application.'),
  folder: {
    type: 'text',
    minLength: 1,
    required: true,
    example: 'applications/shop',
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
    description:
      'Whether it has no port: a consumer of queues, a scheduler. It is ready when its module has run, and takes no place on a listener.',
  },
  static: {
    type: 'boolean',
    default: false,
    description:
      'Whether files are served instead of a program: those of its folder, or as `static` in its `spyglass.app.yaml` says. Not with `worker` or `entry`.',
  },
  contextPath: {
    type: 'text',
    checks: [
      { is: /^.{1,500}$/, allowed: 'at most 500 characters' },
      {
        is: /^(\/|(\/(?!\.{1,2}(\/|$))[\w.~-]+)+)$/,
        allowed: 'a path of letters, digits, _ . ~ and - that starts with /, does not end with /, and has no part . or ..',
      },
    ],
    default: '/',
    description: 'Path under which the application is deployed.',
  },
  listener: { type: 'text', default: 'http', description: 'Name of the listener that serves it.' },
  host: {
    type: 'text',
    default: 'server',
    description: 'Name of the host that it is deployed to; `server` takes every name that no other host has.',
  },
  install: {
    type: 'boolean',
    description:
      'Whether a deployment installs its packages by its package-lock.json (`npm ci`) before the new version starts. Default: `deployment.install`.',
  },
  installScripts: {
    type: 'boolean',
    description:
      'Whether install scripts of its packages may run in such an installation: as the user of the server, or with the isolation `user` as that of the application. Default: `deployment.installScripts`.',
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
    description:
      'Environment variables of its instances. NODE_ENV is `production` or what `scripts.start` says, and PORT the `port` of its spyglass.app.yaml or else that of its listener, unless set here.',
  },
  isolation: {
    type: 'choice',
    values: ['shared', 'own', 'permission', 'user'],
    default: 'own',
    description:
      "How far it is kept apart from the other applications. shared: it lives in the processes of its listener, with the other applications there. own: its own processes, environment and working directory (its folder), as the user of the server. permission: also under Node's permission model, which lets it read its folder and write its home and nothing else; it can be escaped. user: its own processes as a user of its own, which needs a server that runs as root. See docs/how-to/isolation.md.",
  },
  user: {
    type: 'text',
    checks: [{ is: /^([a-z_][a-z0-9_-]{0,31}|[1-9]\d{0,9})$/, allowed: 'the name or the number of a user other than root' }],
    description:
      'User that its processes run as. Only with `isolation: user`. Default: a number that belongs to this application of this server alone, and needs no entry in the list of users.',
  },
  allow: {
    type: 'texts',
    each: {
      checks: [
        {
          is: /^(child-process|worker|addons|wasi|(read|write):\/.*)$/,
          allowed: 'child-process, worker, addons, wasi, read:/PATH or write:/PATH',
        },
      ],
    },
    default: [],
    description:
      'What it may do besides. Only with `isolation: permission`: `child-process`, `worker`, `addons`, `wasi`, `read:/PATH`, `write:/PATH` (with what is below).',
  },
  replicas: {
    type: 'int',
    min: 1,
    max: 64,
    description:
      'Number of instances that run it (`shop-1`, `shop-2`). Default: `instances` of its listener. Not with `isolation: shared`.',
  },
  ...resourceNames,
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
  accessLog: {
    type: 'section',
    description: 'Its access log, where it differs from `logs.access`.',
    applies: 'live',
    readBy: ['instances'],
    settings: ownAccessLogSettings,
  },
  output: {
    type: 'choice',
    values: ['server-log', 'file'],
    default: 'server-log',
    description:
      'Where the lines go that it writes to its standard output and error: the server log, or a file of its own. Each has the name of the application. Not with `isolation: shared`.',
  },
  outputFile: {
    type: 'text',
    checks: [{ is: /\.log$/, allowed: 'a path that ends with .log' }],
    description:
      'The file for `output: file`, relative to the configuration file. Default: `output/NAME.log` in the folder of the logs. Not with `isolation: shared`.',
  },
  startTimeoutMs: milliseconds(30_000, 'How long the application may take to start.'),
  drainMs: ownMilliseconds('How long its requests may run on in an instance that is replaced. Default: that of the server.', 0),
  stopMs: ownMilliseconds('How long its requests may run on when the server stops. Default: that of the server.', 0),
  closeMs: ownMilliseconds('How long it may take after that to close. Default: that of the server.', 0),
  hangPatienceMs: ownMilliseconds(
    'How long an instance may give no sign of life before it is replaced. Default: that of the server.',
    1000,
  ),
  health: {
    type: 'section',
    description:
      'When an instance counts as unhealthy: a new generation is then started beside it, and takes over when it is ready. Until then the old one serves. Replacements that do not help are repeated with the back-off of restarts, after `quarantineAfter` every `quarantineRetryMs`.',
    applies: 'reload',
    readBy: ['instances'],
    settings: healthSettings,
  },
  admission: {
    type: 'section',
    description: 'Protection from more requests than it can serve. See docs/how-to/overload.md.',
    applies: 'live',
    readBy: ['instances'],
    settings: admissionSettings,
  },
  quarantineAfter: {
    type: 'int',
    min: 1,
    max: 1_000_000,
    description: 'Failures in a row after which an instance is put into quarantine. Default: that of the server.',
  },
})
