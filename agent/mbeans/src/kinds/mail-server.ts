import { declareKind } from '@spyglass/agent/contract'
import { outgoingAttributes } from './outgoing.ts'

/** A mail server that applications send over. */
export const mailServer = declareKind({
  name: 'mailServer',
  domain: 'spyglass',
  type: 'MailServer',
  keys: ['instance', 'name'],
  description: 'A mail server as one instance uses it.',
  table: 26,
  attributes: outgoingAttributes('mail'),
  operations: {
    verify: {
      description: 'Connects, and signs in where there is a user. Sends nothing.',
      role: 'operator',
      impact: 'action',
      amongMany: 'each',
    },
  },
})
