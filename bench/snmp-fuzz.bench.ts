/** 1,000,000 seeded hostile packets through the agent core: exceptions of our own, the dearest packet, memory kept. `--quick`: 100,000. */
import v8 from 'node:v8'
import { runInNewContext } from 'node:vm'
import { TABLE, createTestAgent } from '../test/snmp-bridge/support/agent.ts'
import { createFuzzer } from '../test/snmp-bridge/support/fuzzer.ts'
import { v2cRequest } from '../test/snmp-bridge/support/packets.ts'
import { type Figure, printResult } from './result.ts'

const started = performance.now()
const packets = process.argv.includes('--quick') ? 100_000 : 1_000_000
const agent = createTestAgent({ rows: 1000 })
const next = createFuzzer(Number(process.env['SEED'] ?? 12_345))

v8.setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Bytes alive after a collection, on the heap and outside. */
function bytesAlive(): number {
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

for (let i = 0; i < 20_000; i++) agent.core(next())
const aliveBefore = bytesAlive()
let slowestMs = 0
let cpuMs = 0
for (let i = 0; i < packets; i++) {
  const packet = next()
  const from = process.threadCpuUsage()
  agent.core(packet)
  const { user, system } = process.threadCpuUsage(from)
  cpuMs += (user + system) / 1000
  slowestMs = Math.max(slowestMs, (user + system) / 1000)
}

/** CPU of a good GET in the same run, for comparison. */
function goodPacketMs(): number {
  const packet = v2cRequest({ names: [[...TABLE, 3, 1]] })
  const count = packets / 10
  const from = process.threadCpuUsage()
  for (let i = 0; i < count; i++) agent.core(packet)
  const { user, system } = process.threadCpuUsage(from)
  return (user + system) / 1000 / count
}

const lower = (value: number, unit: string, bar?: number): Figure => ({
  value: Math.round(value * 100) / 100,
  unit,
  better: 'lower',
  ...(bar === undefined ? {} : { bar }),
})
printResult(
  'snmp-fuzz',
  {
    packets: { value: packets, unit: 'packets', better: 'higher' },
    exceptions: lower(agent.internalErrors.length, 'exceptions', 0),
    'dearest packet': lower(slowestMs, 'ms CPU', 50),
    'cost per packet': lower((cpuMs * 1000) / packets, 'us CPU'),
    'packet to a good one': { ...lower(cpuMs / packets / goodPacketMs(), 'ratio'), isRatio: true },
    'memory kept': lower((bytesAlive() - aliveBefore) / 2 ** 20, 'MiB', 10),
  },
  started,
)
