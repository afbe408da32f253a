import { declareKind } from '@spyglass/agent/contract'

/** One receiver of pages, and what became of the pages for it. */
export const receiver = declareKind({
  name: 'receiver',
  domain: 'spyglass',
  type: 'Receiver',
  keys: ['name'],
  description: 'One receiver of pages (alerting.receivers), and what became of the pages for it.',
  attributes: {
    name: { type: 'string', role: 'key', label: 'receiver', description: 'Name of the receiver in the configuration.' },
    state: {
      type: 'string',
      role: 'state',
      values: ['unused', 'ok', 'failing'],
      description: 'unused: no page was sent yet; failing: the last attempt to deliver a page failed.',
    },
    waiting: { type: 'int', role: 'gauge', unit: '{page}', description: 'Pages that wait for the receiver.' },
    lastSuccess: { type: 'date', role: 'text', description: 'When it last accepted a page.' },
    failingSince: { type: 'date', role: 'text', description: 'Since when each attempt has failed; absent while it accepts.' },
    problem: { type: 'string', role: 'text', description: 'Why the last attempt failed; absent while it accepts.' },
  },
  operations: {
    test: {
      description:
        'Sends the receiver a page that is marked as a test, whatever it is routed. The result says that it has accepted it; otherwise the error says why not.',
      role: 'operator',
      impact: 'action',
      result: 'string',
    },
  },
})
