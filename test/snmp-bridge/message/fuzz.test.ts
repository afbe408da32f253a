import { expect, test } from 'vitest'
import { createTestAgent } from '../support/agent.ts'
import { createFuzzer } from '../support/fuzzer.ts'

test('100,000 hostile packets: no exception, no answer that takes over 50 ms, no growth', () => {
  const agent = createTestAgent({ rows: 200 })
  const next = createFuzzer(12_345)
  let slowest = 0
  for (let i = 0; i < 100_000; i++) {
    const packet = next()
    const from = performance.now()
    const answer = agent.core(packet)
    slowest = Math.max(slowest, performance.now() - from)
    if (answer && answer.length > 65_507) throw new RangeError(`an answer of ${answer.length} bytes`)
  }
  expect(agent.internalErrors).toEqual([])
  expect(agent.counters.inPackets).toBe(100_000)
  expect(agent.counters.inAsnParseErrors).toBeGreaterThan(1000)
  expect(agent.counters.outPackets).toBeGreaterThan(1000)
  expect(slowest).toBeLessThan(50)
}, 30_000)
