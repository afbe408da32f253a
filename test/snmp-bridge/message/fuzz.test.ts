import { expect, test } from 'vitest'
import { createTestAgent } from '../support/agent.ts'
import { createFuzzer } from '../support/fuzzer.ts'

test('100,000 hostile packets: no exception, no packet that takes over 50 ms of CPU', () => {
  const agent = createTestAgent({ rows: 200 })
  const next = createFuzzer(12_345)
  let slowest = 0
  for (let i = 0; i < 100_000; i++) {
    const packet = next()
    const from = process.threadCpuUsage()
    const answer = agent.core(packet)
    const { user, system } = process.threadCpuUsage(from)
    slowest = Math.max(slowest, (user + system) / 1000)
    if (answer && answer.length > 65_507) throw new RangeError(`an answer of ${answer.length} bytes`)
  }
  expect(agent.internalErrors).toEqual([])
  expect(agent.counters.inPackets).toBe(100_000)
  expect(agent.counters.inAsnParseErrors).toBeGreaterThan(1000)
  expect(agent.counters.outPackets).toBeGreaterThan(1000)
  expect(slowest).toBeLessThan(50)
}, 30_000)
