import { declareKind } from '@spyglass/agent/contract'

/** One listener of a process: of an instance, whose socket the keeper holds open over every generation, or a port of our own processes. */
export const listener = declareKind({
  name: 'listener',
  domain: 'spyglass',
  type: 'Listener',
  keys: ['instance', 'name'],
  description:
    'One HTTP listener as served by one process: by an instance, whose socket the keeper holds across generations, or by management, collector (OTLP and console) and store.',
  table: 3,
  attributes: {
    instance: {
      type: 'string',
      role: 'key',
      label: 'process',
      description: 'Instance, or process of the server, that serves it.',
      column: 3,
    },
    name: {
      type: 'string',
      role: 'key',
      description:
        'Name of the listener, from the configuration; of a port of the server, its section there: management, collector, console, store.',
      column: 4,
    },
    host: { type: 'string', role: 'text', description: 'Address it is bound to.', column: 5 },
    port: { type: 'int', role: 'gauge', metric: false, description: 'Port it is bound to.', column: 6 },
    protocol: { type: 'string', role: 'text', description: 'Protocol: http, or https with TLS.', column: 7 },
    certificateExpiresIn: {
      type: 'long',
      role: 'gauge',
      unit: 's',
      description: 'Time until the first of its certificates expires; below 0 it has expired. Absent without TLS.',
    },
    state: {
      type: 'string',
      role: 'state',
      values: ['open', 'draining', 'closed'],
      description: 'Whether the process accepts connections on it.',
      column: 8,
    },
    connections: { type: 'int', role: 'gauge', unit: '{connection}', description: 'Connections open now.', column: 9 },
    accepted: {
      type: 'long',
      role: 'counter',
      unit: '{connection}',
      description: 'Connections accepted.',
      column: 10,
    },
    requests: { type: 'long', role: 'counter', unit: '{request}', description: 'Requests received.', column: 11 },
    bytesReceived: { type: 'long', role: 'counter', unit: 'By', description: 'Bytes received.', column: 12 },
    bytesSent: { type: 'long', role: 'counter', unit: 'By', description: 'Bytes sent.', column: 13 },
    refused: {
      type: 'long',
      role: 'counter',
      unit: '{request}',
      description: 'Requests and connections that the listener refused, or ended, itself.',
      column: 14,
    },
    timedOut: {
      type: 'long',
      role: 'counter',
      unit: '{request}',
      description: 'Requests that were refused or ended because the client was too slow: 408, or it did not take the response.',
      column: 15,
    },
    malformed: {
      type: 'long',
      role: 'counter',
      unit: '{request}',
      description: 'Requests that were refused because they were malformed or too large: 400, 405, 413, 417, 431.',
      column: 16,
    },
    overLimit: {
      type: 'long',
      role: 'counter',
      unit: '{request}',
      description: 'Requests and connections that were refused with 503: too many connections, or no instance.',
      column: 17,
    },
  },
})
