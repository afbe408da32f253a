import { declareKind } from '@spyglass/agent/contract'

/** One incident that is open. */
export const incident = declareKind({
  name: 'incident',
  domain: 'spyglass',
  type: 'Incident',
  keys: ['id'],
  description:
    'One incident that is open: its raise, until the clear. Management reads them from the journal of events, so they are the same after any restart.',
  attributes: {
    id: {
      type: 'string',
      role: 'key',
      label: false,
      description: 'Incident id: the same in the log, the notification, the trap and the page.',
    },
    event: { type: 'string', role: 'text', description: 'Name of the event that raised it.' },
    severity: { type: 'string', role: 'state', values: ['info', 'warning', 'critical'], description: 'Severity of the event.' },
    resource: { type: 'objectName', role: 'text', description: 'ObjectName of the resource it is about.' },
    source: { type: 'string', role: 'text', description: 'Name of the process that raised it.' },
    since: { type: 'date', role: 'text', description: 'When it began.' },
    message: { type: 'string', role: 'text', description: 'What is wrong, in a sentence.' },
  },
})
