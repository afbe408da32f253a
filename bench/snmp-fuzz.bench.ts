/** 1,000,000 seeded hostile packets through the agent core: exceptions of our own, the dearest packet, growth. `--quick`: 100,000. */
import { createTestAgent } from '../test/snmp-bridge/support/agent.ts'
import { createFuzzer } from '../test/snmp-bridge/support/fuzzer.ts'
import { type Figure, printResult } from './result.ts'

const started = performance.now()
const packets = process.argv.includes('--quick') ? 100_000 : 1_000_000
const agent = createTestAgent({ rows: 1000 })
const next = createFuzzer(Number(process.env['SEED'] ?? 12_345))

for (let i = 0; i < 20_000; i++) agent.core(next())
const rssBefore = process.memoryUsage.rss()
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
    'RSS growth': lower((process.memoryUsage.rss() - rssBefore) / 2 ** 20, 'MiB'),
  },
  started,
)
