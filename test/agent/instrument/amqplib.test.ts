import { expect, test } from 'vitest'
import { queueName } from '../../../agent/src/instrument/amqplib.ts'

test('queues that are made for one answer have one name, others their own', () => {
  expect(queueName('answers.0af76519-16cd-43dd-8448-eb211c80319c')).toBe('answers.{id}')
  expect(queueName('answers_0af7651916cd43dd8448eb211c80319c')).toBe('answers_{id}')
  expect(queueName('amq.gen-Xa2R')).toBe('amq.gen')
  expect(['orders-2026-high-priority', 'orders.v2', undefined].map(queueName)).toEqual(['orders-2026-high-priority', 'orders.v2', ''])
})
