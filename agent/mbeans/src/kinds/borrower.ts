import { declareKind } from '@spyglass/agent/contract'

/** One connection that is lent now. */
export const borrower = declareKind({
  name: 'borrower',
  domain: 'spyglass',
  type: 'Borrower',
  keys: ['instance', 'datasource', 'connection'],
  description: 'One lent connection and its holder. Registered only for connections lent for over a second.',
  attributes: {
    instance: { type: 'string', role: 'key', label: 'process', description: 'Instance that holds the pool.' },
    datasource: { type: 'string', role: 'key', description: 'Name of the datasource.' },
    connection: { type: 'int', role: 'key', label: false, description: 'Number of the connection in its pool.' },
    held: { type: 'long', role: 'gauge', unit: 'ms', metric: false, description: 'How long it has been lent.' },
    route: { type: 'string', role: 'text', description: 'Route whose request borrowed it; empty outside a request.' },
    traceId: { type: 'string', role: 'text', description: 'Trace of that request; empty outside a request.' },
    statement: { type: 'string', role: 'text', description: 'Last statement run on it, normalised.' },
    running: { type: 'boolean', role: 'state', description: 'Whether a statement is running on it.' },
    leaked: { type: 'boolean', role: 'state', description: 'Whether it is reported as leaked.' },
    location: { type: 'string', role: 'text', description: 'File and line of the application that borrowed it.' },
    stack: { type: { array: 'string' }, role: 'text', description: 'Frames of the application that borrowed it, innermost first.' },
  },
})
