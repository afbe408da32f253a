import { expect, test } from 'vitest'
import { SignalQueue } from '../../../agent/src/otlp/signal-queue.ts'

const record = (size: number) => ({ bytes: Buffer.alloc(size), scope: undefined })

test('a queue never holds more than its bytes; the oldest records go and are counted', () => {
  const queue = new SignalQueue(1000)
  for (let count = 0; count < 1000; count++) {
    queue.push(record(10))
    expect(queue.bytes).toBeLessThanOrEqual(1000)
  }
  expect(queue.dropped + queue.take(1_000_000).length).toBe(1000)
  expect(queue.bytes).toBe(0)
})

test('a batch holds at least one record and otherwise stays within its size', () => {
  const queue = new SignalQueue(10_000)
  for (const size of [500, 200, 200]) queue.push(record(size))
  expect(queue.take(100).length).toBe(1)
  expect(queue.take(399).length).toBe(1)
  expect(queue.take(399).length).toBe(1)
  expect(queue.take(399).length).toBe(0)
})
