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
    acknowledgedBy: { type: 'string', role: 'text', description: 'Who takes care of it; absent while nobody has said so.' },
    silenced: {
      type: 'boolean',
      role: 'state',
      description:
        'Whether pages about it are withheld from people: by a silence, by maintenance, by an instance that is down and explains it, or since it comes and goes.',
    },
    summary: { type: 'string', role: 'text', description: 'What is wrong, in a sentence.' },
  },
  operations: {
    acknowledge: {
      description: 'Says that somebody takes care of an incident: no more reminders, and no escalation. The same again replaces the note.',
      role: 'operator',
      impact: 'action',
      arguments: {
        incident: { type: 'string', description: 'Its id.', example: '00112233aabbccdd' },
        by: { type: 'string', optional: true, example: 'Mara', description: 'Who takes care of it. Default: who invokes this.' },
        note: { type: 'string', optional: true, example: 'rolling back', description: 'What is being done about it.' },
      },
    },
    note: {
      description:
        'Writes down something about an incident that fires or has resolved: what was tried, what was seen. It is in its timeline.',
      role: 'operator',
      impact: 'action',
      arguments: {
        incident: { type: 'string', description: 'Its id.', example: '00112233aabbccdd' },
        note: { type: 'string', description: 'What to remember.', example: 'the nightly export took all connections' },
        by: { type: 'string', optional: true, example: 'Mara', description: 'Who says so. Default: who invokes this.' },
      },
    },
    rehearse: {
      description:
        'Raises an incident about a pool that does not exist, marked as a rehearsal, and clears it: it goes to the notification, the trap, the page and Alertmanager as a true one does. The result is its id.',
      role: 'operator',
      impact: 'action',
      arguments: {
        rule: { type: 'string', description: 'What is rehearsed: PoolExhausted.', example: 'PoolExhausted' },
        seconds: { type: 'int', optional: true, example: 60, description: 'When it clears: 5 to 600. Default: 60.' },
      },
      result: 'string',
    },
    silences: {
      description: 'Lists the silences, newest first: the ended ones for five days.',
      role: 'viewer',
      impact: 'info',
      result: {
        table: 'silences',
        index: ['id'],
        row: {
          id: 'string',
          state: 'string',
          matchers: 'string',
          startsAt: 'string',
          endsAt: 'string',
          createdBy: 'string',
          comment: 'string',
        },
      },
    },
    silence: {
      description:
        'Withholds pages about alerts whose labels match, from people only: events, SNMP notifications and the console show them. An incident that still lasts at the end is paged then. The result is its id.',
      role: 'operator',
      impact: 'action',
      arguments: {
        matchers: {
          type: { array: 'string' },
          example: ['alertname="PoolExhausted"', 'pool=~"shop.*"'],
          description: 'Labels of the alerts as Alertmanager writes matchers: `=`, `!=`, `=~`, `!~`. All must match.',
        },
        startsAt: { type: 'string', optional: true, example: '2030-01-31T18:00:00Z', description: 'When it begins. Default: now.' },
        endsAt: { type: 'string', example: '2030-01-31T20:00:00Z', description: 'When it ends.' },
        createdBy: { type: 'string', optional: true, example: 'Mara', description: 'Who wants it. Default: who invokes this.' },
        comment: { type: 'string', example: 'maintenance of the database', description: 'Why.' },
      },
      result: 'string',
    },
    expireSilence: {
      description: 'Ends a silence now: incidents that still last are paged.',
      role: 'operator',
      impact: 'action',
      arguments: { id: { type: 'string', description: 'As silences shows it.', example: '6f1d2c3b-4a59-4e68-8d7c-9b0a1f2e3d4c' } },
    },
  },
  events: [
    'spyglass.alert.firing',
    'spyglass.alert.acknowledged',
    'spyglass.alert.noted',
    'spyglass.alert.delivered',
    'spyglass.alert.resolved',
  ],
})
