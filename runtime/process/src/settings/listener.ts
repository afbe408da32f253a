import { defaultPorts } from '@spyglass/agent/contract'
import { declareSettings } from './declaration.ts'
import { addresses, limit, limitSettings, tlsSection, trustedProxies } from './port.ts'
import { host, name, port } from './shapes.ts'

/** The keep-alive time is longer than the 60 s of most load balancers, which would otherwise send on a connection that is being closed. */
const applicationLimits = {
  ...limitSettings({
    requestTimeoutMs: 0,
    keepAliveTimeoutMs: 72_000,
    maxHeaderBytes: 16_384,
    maxConnections: 16_384,
    maxRequestsPerConnection: 0,
  }),
  maxBodyBytes: limit(104_857_600, 'By', 'Maximum size of the body of a request; above, it is answered 413.'),
}

export const listenerSettings = declareSettings({
  name: name('Name of the listener. Instances that host its shared applications are named after it (`http-1`).'),
  host: host('Address to listen on.'),
  port: { ...port(defaultPorts.application, 'Port to listen on.'), example: 8090 },
  addresses,
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
    settings: applicationLimits,
  },
  tls: tlsSection('instances'),
  redirectTo: {
    type: 'text',
    description: 'Name of a listener with TLS: every request is redirected to it (308), unless a trusted proxy says that it came by https.',
  },
  trustedProxies: trustedProxies(['loopback']),
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
    example: 'shop.example',
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
