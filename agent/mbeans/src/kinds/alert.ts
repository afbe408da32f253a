import { declareKind } from '@spyglass/agent/contract'

/** One alert that is pending or fires. */
export const alert = declareKind({
  name: 'alert',
  domain: 'spyglass',
  type: 'Alert',
  keys: ['rule', 'incident'],
  description: 'One alert that is pending or fires.',
  attributes: {
    rule: { type: 'string', role: 'key', description: 'Name of the rule.' },
    incident: {
      type: 'string',
      role: 'key',
      label: false,
      description: 'Incident id: the same in the log, the notification, the trap and the page.',
    },
    state: { type: 'string', role: 'state', values: ['pending', 'firing'], description: 'pending: seen, not yet long enough to page.' },
    severity: { type: 'string', role: 'state', values: ['info', 'warning', 'critical'], description: 'Severity of the rule.' },
    resource: { type: 'objectName', role: 'text', description: 'ObjectName of the resource it is about.' },
    since: { type: 'date', role: 'text', description: 'When it began.' },
    summary: { type: 'string', role: 'text', description: 'What is wrong, in a sentence.' },
  },
  events: ['spyglass.alert.firing', 'spyglass.alert.resolved'],
})
