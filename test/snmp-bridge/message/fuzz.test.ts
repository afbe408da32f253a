import { expect, test } from 'vitest'
import { createTestAgent } from '../support/agent.ts'
import { createFuzzer } from '../support/fuzzer.ts'

/** CPU of this thread for one packet, in milliseconds. */
function cpuOf(run: () => void): number {
  const from = process.threadCpuUsage()
  run()
  const { user, system } = process.threadCpuUsage(from)
  return (user + system) / 1000
}

/** A million run in `npm run bench -- snmp-fuzz`. */
const PACKETS = 10_000

test('hostile packets: no exception, no packet that takes over 50 ms of CPU', () => {
  const agent = createTestAgent({ rows: 200 })
  const next = createFuzzer(12_345)
  let slowest = 0
  for (let i = 0; i < PACKETS; i++) {
    const packet = next()
    let answer: Buffer | undefined
    const first = cpuOf(() => (answer = agent.core(packet)))
    if (answer && answer.length > 65_507) throw new RangeError(`an answer of ${answer.length} bytes`)
    // a collection of garbage falls on any packet; the cost of the packet itself shows again
    if (first > 50) slowest = Math.max(slowest, Math.min(...[1, 2, 3].map(() => cpuOf(() => createTestAgent({ rows: 200 }).core(packet)))))
  }
  expect(agent.internalErrors).toEqual([])
  expect(agent.counters.inPackets).toBe(PACKETS)
  expect(agent.counters.inAsnParseErrors).toBeGreaterThan(PACKETS / 100)
  expect(agent.counters.outPackets).toBeGreaterThan(PACKETS / 100)
  expect(slowest).toBeLessThan(50)
})
