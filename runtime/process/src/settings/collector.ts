import { defaultPorts } from '@spyglass/agent/contract'
import { declareSettings } from './declaration.ts'
import { credentials, ownPortSettings } from './port.ts'
import { host, milliseconds, port } from './shapes.ts'

export const collectorSettings = declareSettings({
  host: host(),
  otlpHttpPort: port(defaultPorts.otlpHttp, 'Port of OTLP over HTTP.'),
  credentials: credentials('sending telemetry'),
  ...ownPortSettings('collector', {
    requestTimeoutMs: 30_000,
    keepAliveTimeoutMs: 15_000,
    maxHeaderBytes: 16_384,
    maxConnections: 20_000,
    maxRequestsPerConnection: 10_000,
  }),
  allowedOrigins: {
    type: 'texts',
    each: {
      checks: [
        {
          is: /^https?:\/\/[a-z0-9.-]+(:\d+)?$/,
          allowed: 'an origin, as https://shop.example: scheme, host in lower case, port if not the default',
        },
      ],
    },
    default: [],
    description: 'Origins whose pages may send telemetry from the browser (CORS).',
  },
  maxBodyBytes: {
    type: 'int',
    min: 1024,
    max: 67_108_864,
    default: 20_971_520,
    unit: 'By',
    description: 'Maximum size of an OTLP body, before and after decompression.',
  },
  maxWalBytes: {
    type: 'int',
    min: 16_777_216,
    default: 1_073_741_824,
    unit: 'By',
    description: 'Maximum size of the write-ahead log; beyond it, requests get 503 with Retry-After.',
  },
  spoolFolders: {
    type: 'texts',
    each: { minLength: 1 },
    default: [],
    description:
      "Folders where agents of other users on this machine keep unsent data (their SPYGLASS_SPOOL_FOLDER). The server's own spool folder and that of its user are always read.",
  },
  unredactedServices: {
    type: 'texts',
    each: { minLength: 1 },
    default: [],
    description:
      'Services whose telemetry and log lines are stored as sent: statements with their literals, secrets, query parameters. By default none.',
  },
  sealTracesMs: milliseconds(
    1000,
    'Age at which a segment with traces is sealed. While earlier ones wait for the store, it grows instead until it is full.',
    50,
  ),
  sealOthersMs: milliseconds(5000, 'Age at which a segment without traces is sealed, likewise.', 50),
})
