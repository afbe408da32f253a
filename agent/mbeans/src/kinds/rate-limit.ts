import { declareKind } from '@spyglass/agent/contract'

/** A limit of requests in a window of time. */
export const rateLimit = declareKind({
  name: 'rateLimit',
  domain: 'spyglass',
  type: 'RateLimit',
  keys: ['instance', 'name'],
  description: 'One rate limit as one instance applies it.',
  table: 14,
  attributes: {
    instance: { type: 'string', role: 'key', label: 'process', description: 'Instance that applies it.', column: 3 },
    name: { type: 'string', role: 'key', description: 'Name of the limit, from the configuration.', column: 4 },
    by: { type: 'string', role: 'text', description: 'What is counted: address, account, route or key.', column: 5 },
    max: { type: 'int', role: 'gauge', unit: '{request}', description: 'Requests allowed in a window.', column: 6 },
    state: {
      type: 'string',
      role: 'state',
      values: ['ok', 'down'],
      description: '`down`: its store does not answer, and requests get what `whenDown` says.',
      column: 7,
    },
    allowed: { type: 'long', role: 'counter', unit: '{request}', description: 'Requests that were counted and allowed.', column: 8 },
    refused: { type: 'long', role: 'counter', unit: '{request}', description: 'Requests over the limit.', column: 9 },
    denied: { type: 'long', role: 'counter', unit: '{request}', description: 'Requests of addresses that are denied.', column: 10 },
    keys: { type: 'int', role: 'gauge', unit: '{key}', description: 'Addresses, accounts or keys that it counts now.', column: 11 },
    storeFailures: { type: 'long', role: 'counter', unit: '{request}', description: 'Requests whose store did not answer.', column: 12 },
  },
  operations: {
    top: {
      description:
        'Lists the addresses, accounts or keys with the most refusals and requests in the window, as this instance has seen them.',
      role: 'operator',
      impact: 'info',
      arguments: { count: { type: 'int', optional: true, example: 20, description: 'How many. Default: 20.' } },
      result: { table: 'TopKeys', index: ['key'], row: { key: 'string', taken: 'long', refused: 'long' } },
    },
    forget: {
      description: 'Gives an address, account or key all of its requests back. Returns whether it had taken any.',
      role: 'operator',
      impact: 'action',
      amongMany: 'each',
      arguments: { key: { type: 'string', example: '192.0.2.7', description: 'As `top` lists it.' } },
      result: 'boolean',
    },
  },
})
