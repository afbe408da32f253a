/** What every TCP port of the suite has, those of applications and our own alike: addresses, TLS, proxies that are believed, limits. */
import { isAddressRange } from '../listener/address-list.ts'
import { declareSettings, type Reader } from './declaration.ts'
import { milliseconds } from './shapes.ts'

/** A limit that 0 switches off. */
export const limit = (value: number, unit: string, description: string, max = 1_099_511_627_776) =>
  ({ type: 'int', min: 0, max, default: value, unit, description: `${description} 0 switches it off.` }) as const

export interface LimitDefaults {
  readonly requestTimeoutMs: number
  readonly keepAliveTimeoutMs: number
  readonly maxHeaderBytes: number
  readonly maxConnections: number
  readonly maxRequestsPerConnection: number
}

/** What a client may ask of a port, and how slowly. Bodies are limited by what the port is for. */
export const limitSettings = (defaults: LimitDefaults) =>
  declareSettings({
    bodyTimeoutMs: milliseconds(
      20_000,
      'An upload must bring `bodyMinBytes` in each interval of this length; otherwise it is answered 408. 0 switches it off.',
      0,
    ),
    bodyMinBytes: {
      type: 'int',
      min: 1,
      max: 1_073_741_824,
      default: 16,
      unit: 'By',
      description: 'What an upload must bring in each `bodyTimeoutMs`. A long upload that makes progress is never cut.',
    },
    requestTimeoutMs: milliseconds(
      defaults.requestTimeoutMs,
      'How long a request may take to arrive whole, however fast it comes. 0 switches it off.',
      0,
    ),
    keepAliveTimeoutMs: milliseconds(defaults.keepAliveTimeoutMs, 'How long a connection may wait for its next request.'),
    sendTimeoutMs: milliseconds(60_000, 'How long a client may take nothing of a response that waits for it. 0 switches it off.', 0),
    maxHeaderBytes: {
      type: 'int',
      min: 1024,
      max: 1_048_576,
      default: defaults.maxHeaderBytes,
      unit: 'By',
      description: 'Maximum size of the headers of a request; above, it is answered 431.',
    },
    maxHeaderCount: {
      type: 'int',
      min: 10,
      max: 10_000,
      default: 200,
      description: 'Maximum number of headers of a request; above, it is answered 431.',
    },
    maxConnections: limit(
      defaults.maxConnections,
      '{connection}',
      'Maximum number of connections of each process; further ones are answered 503.',
      1_000_000,
    ),
    maxRequestsPerConnection: limit(
      defaults.maxRequestsPerConnection,
      '{request}',
      'Number of requests after which a connection is closed.',
      1_000_000_000,
    ),
  })

const addressAndPort = {
  is: /^(\[[0-9a-fA-F:.]+\]|[^\s:[\]]+):\d{1,5}$/,
  allowed: 'an address and a port: 127.0.0.1:8081, [::1]:8081',
} as const

export const addresses = {
  type: 'texts',
  each: { checks: [addressAndPort] },
  default: [],
  description: 'Further addresses and ports to listen on: `127.0.0.1:8081`, `[::1]:8080`.',
} as const

export const trustedProxies = (value: readonly string[]) =>
  ({
    type: 'texts',
    each: { checks: [{ is: isAddressRange, allowed: 'an address, a range (10.0.0.0/8), or one of loopback, linklocal, private' }] },
    default: value,
    description:
      'Proxies in front that are believed: `X-Forwarded-*`, `X-Real-IP`, `Forwarded`, and the PROXY protocol. From anybody else these headers are removed.',
  }) as const

export const tlsSection = (reader: Reader) =>
  ({
    type: 'section',
    description: 'TLS.',
    applies: 'restart',
    readBy: [reader],
    settings: {
      certificates: {
        type: 'list',
        key: ['certificate'],
        default: [],
        description:
          'Certificates, chosen by the name that a client asks for (SNI); the first one is for all other names. Without any, the port speaks plain HTTP.',
        applies: 'restart',
        readBy: [reader],
        settings: certificateSettings,
      },
      clientAuthorities: {
        type: 'text',
        minLength: 1,
        description:
          'File in PEM, relative to the configuration file, with the certificates of the authorities that issue client certificates. With it, a request without a valid client certificate is answered 403 (except `/health` and `/ready`).',
      },
      http2: { type: 'boolean', default: true, description: 'Whether HTTP/2 is offered (ALPN).' },
      minVersion: { type: 'choice', values: ['TLSv1.2', 'TLSv1.3'], default: 'TLSv1.2', description: 'Lowest version of TLS.' },
      ciphers: { type: 'text', minLength: 1, description: 'Cipher suites as OpenSSL lists them. Default: those of Node.js.' },
    },
  }) as const

const certificateSettings = declareSettings({
  certificate: {
    type: 'text',
    minLength: 1,
    required: true,
    example: 'tls/shop.pem',
    description:
      'File in PEM, relative to the configuration file: the certificate, then those that lead to the root. Read again within 15 s when it changes.',
  },
  key: {
    type: 'text',
    minLength: 1,
    required: true,
    example: 'tls/shop.key',
    description: 'File with the private key in PEM, relative to the configuration file.',
  },
  passphrase: { type: 'text', minLength: 1, secret: true, description: 'Passphrase of an encrypted private key.' },
})

/** What our own ports have besides `host` and `port`. */
export const ownPortSettings = (reader: Reader, limits: LimitDefaults) =>
  ({
    addresses,
    allowedHosts: {
      type: 'texts',
      each: { checks: [{ is: /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i, allowed: 'a host name without port' }] },
      default: [],
      description:
        'Names that this port is reached by, besides those of `server.hostNames`. With any, requests for other names are refused on every address, not only on the loopback address.',
    },
    tls: tlsSection(reader),
    trustedProxies: trustedProxies([]),
    limits: {
      type: 'section',
      description: 'What a client may ask of the port, and how slowly.',
      applies: 'restart',
      readBy: [reader],
      settings: limitSettings(limits),
    },
  }) as const

/** Whether everybody who reaches the port may use it, or only who is known. */
export const credentials = (what: string) =>
  ({
    type: 'choice',
    values: ['optional', 'required'],
    default: 'optional',
    description: `Whether ${what} needs a user or a token (\`spyglass user\`, \`spyglass token\`). On a non-loopback address it does, unless \`tls.clientAuthorities\` admits by certificate.`,
  }) as const
