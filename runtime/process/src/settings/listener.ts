import { BlockList, isIP } from 'node:net'
import { defaultPorts } from '@spyglass/agent/contract'
import { declareSettings } from './declaration.ts'
import { host, milliseconds, name, port } from './shapes.ts'

const limit = <const V extends number>(value: V, unit: string, description: string, max = 1_099_511_627_776) =>
  ({ type: 'int', min: 0, max, default: value, unit, description: `${description} 0 switches it off.` }) as const

/** What a client may ask of a listener, and how slowly. */
const limitSettings = declareSettings({
  bodyTimeoutMs: milliseconds(
    20_000,
    'An upload must bring `bodyMinBytes` in each interval of this length; otherwise it is answered 408. 0 switches it off.',
    0,
  ),
  bodyMinBytes: {
    type: 'int',
    min: 1,
    max: 1_073_741_824,
    default: 1024,
    unit: 'By',
    description: 'What an upload must bring in each `bodyTimeoutMs`. A long upload that makes progress is never cut.',
  },
  requestTimeoutMs: milliseconds(0, 'How long a request may take to arrive whole, however fast it comes. 0 switches it off.', 0),
  keepAliveTimeoutMs: milliseconds(72_000, 'How long a connection may wait for its next request.'),
  sendTimeoutMs: milliseconds(60_000, 'How long a client may take nothing of a response that waits for it. 0 switches it off.', 0),
  maxHeaderBytes: {
    type: 'int',
    min: 1024,
    max: 1_048_576,
    default: 16_384,
    unit: 'By',
    description: 'Maximum size of the headers of a request; above, it is answered 431.',
  },
  maxHeaderCount: {
    type: 'int',
    min: 10,
    max: 10_000,
    default: 200,
    description: 'Maximum number of headers of a request; further ones are dropped.',
  },
  maxBodyBytes: limit(104_857_600, 'By', 'Maximum size of the body of a request; above, it is answered 413.'),
  maxConnections: limit(
    16_384,
    '{connection}',
    'Maximum number of connections of each instance; further ones are answered 503.',
    1_000_000,
  ),
  maxRequestsPerConnection: limit(0, '{request}', 'Number of requests after which a connection is closed.', 1_000_000_000),
})

const NAMED_RANGES = new Set(['loopback', 'linklocal', 'private'])

/** An address, or a range of them. */
function isRange(text: string): boolean {
  if (NAMED_RANGES.has(text)) return true
  const [address = '', bits = '0', ...rest] = text.split('/')
  const family = isIP(address)
  if (family === 0 || rest.length > 0 || !/^\d{1,3}$/.test(bits)) return false
  try {
    new BlockList().addSubnet(address, Number(bits), family === 6 ? 'ipv6' : 'ipv4')
    return true
  } catch {
    return false
  }
}

const addressAndPort = {
  is: /^(\[[0-9a-fA-F:.]+\]|[^\s:[\]]+):\d{1,5}$/,
  allowed: 'an address and a port: 127.0.0.1:8081, [::1]:8081',
} as const

const tlsSettings = declareSettings({
  certificates: {
    type: 'list',
    key: ['certificate'],
    default: [],
    description:
      'Certificates, chosen by the name that a client asks for (SNI); the first one is for all other names. Without any, the listener speaks plain HTTP.',
    applies: 'restart',
    readBy: ['instances'],
    settings: {
      certificate: {
        type: 'text',
        minLength: 1,
        required: true,
        description:
          'File in PEM, relative to the configuration file: the certificate, then those that lead to the root. Read again within 15 s when it changes.',
      },
      key: {
        type: 'text',
        minLength: 1,
        required: true,
        description: 'File with the private key in PEM, relative to the configuration file.',
      },
      passphrase: { type: 'text', minLength: 1, secret: true, description: 'Passphrase of an encrypted private key.' },
    },
  },
  http2: { type: 'boolean', default: true, description: 'Whether HTTP/2 is offered (ALPN).' },
  minVersion: { type: 'choice', values: ['TLSv1.2', 'TLSv1.3'], default: 'TLSv1.2', description: 'Lowest version of TLS.' },
  ciphers: { type: 'text', minLength: 1, description: 'Cipher suites as OpenSSL lists them. Default: those of Node.js.' },
})

export const listenerSettings = declareSettings({
  name: name('Name of the listener. Instances that host its shared applications are named after it (`http-1`).'),
  host: host('Address to listen on.'),
  port: port(defaultPorts.application, 'Port to listen on.'),
  addresses: {
    type: 'texts',
    each: { checks: [addressAndPort] },
    default: [],
    description: 'Further addresses and ports to listen on: `127.0.0.1:8081`, `[::1]:8080`.',
  },
  instances: {
    type: 'int',
    min: 1,
    max: 64,
    default: 1,
    description: 'Number of instances that serve this listener together. An application with its own processes may set `replicas` instead.',
  },
  healthPath: {
    type: 'text',
    checks: [{ is: /^$|^\/[\w./~-]+$/, allowed: 'a path, or nothing' }],
    default: '/health',
    description: 'Path at which each instance says that it lives, whatever is deployed. Empty: none.',
  },
  readyPath: {
    type: 'text',
    checks: [{ is: /^$|^\/[\w./~-]+$/, allowed: 'a path, or nothing' }],
    default: '/ready',
    description: 'Path at which each instance says that it serves, whatever is deployed. Empty: none.',
  },
  limits: {
    type: 'section',
    description: 'What a client may ask of the listener, and how slowly.',
    applies: 'reload',
    readBy: ['instances'],
    settings: limitSettings,
  },
  tls: { type: 'section', description: 'TLS.', applies: 'restart', readBy: ['instances'], settings: tlsSettings },
  redirectTo: {
    type: 'text',
    description: 'Name of a listener with TLS: every request is redirected to it (308), unless a trusted proxy says that it came by https.',
  },
  trustedProxies: {
    type: 'texts',
    each: { checks: [{ is: isRange, allowed: 'an address, a range (10.0.0.0/8), or one of loopback, linklocal, private' }] },
    default: ['loopback'],
    description:
      'Proxies in front that are believed: `X-Forwarded-For`, `-Proto`, `-Host`, `-Port`, `-Prefix`, `X-Real-IP`, `Forwarded`, and the PROXY protocol. From anybody else these headers are removed.',
  },
  proxyProtocol: {
    type: 'boolean',
    default: false,
    description:
      'Whether each connection begins with a PROXY header (version 1 or 2). Connections of others than `trustedProxies` are then closed.',
  },
  compression: {
    type: 'boolean',
    default: false,
    description: 'Whether responses are compressed (br, gzip) where the client accepts it and the application has not done so.',
  },
})

/** Names by which applications are told apart on the listeners. */
export const hostSettings = declareSettings({
  name: {
    type: 'text',
    required: true,
    checks: [{ is: /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, allowed: 'a host name in lower case, without port' }],
    description: 'Name that clients ask for, and that applications are deployed to. `server` takes every name that no other host has.',
  },
  aliases: {
    type: 'texts',
    each: { checks: [{ is: /^(\*\.)?[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, allowed: 'a host name in lower case, or *.name' }] },
    default: [],
    description: 'Further names; `*.example.com` stands for any one label.',
  },
})
