import { declareKind } from '@spyglass/agent/contract'
import { outgoingAttributes } from './outgoing.ts'

/** A Redis or Valkey of applications. */
export const redisServer = declareKind({
  name: 'redisServer',
  domain: 'spyglass',
  type: 'RedisServer',
  keys: ['instance', 'name'],
  description: 'A Redis or Valkey as one instance uses it.',
  table: 27,
  attributes: outgoingAttributes('command'),
})
