import { declareKind } from '@spyglass/agent/contract'
import { outgoingAttributes } from './outgoing.ts'

/** A client of an HTTP service elsewhere. */
export const httpClient = declareKind({
  name: 'httpClient',
  domain: 'spyglass',
  type: 'HttpClient',
  keys: ['instance', 'name'],
  description: 'A client of an HTTP service, with connections of its own in each instance.',
  table: 28,
  attributes: outgoingAttributes('request'),
})
