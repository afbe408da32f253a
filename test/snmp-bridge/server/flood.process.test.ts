import { createSocket } from 'node:dgram'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openUdpServer } from '../../../snmp-bridge/src/server/udp-server.ts'
import { createTestAgent } from '../support/agent.ts'
import { createFuzzer } from '../support/fuzzer.ts'
import { run } from '../support/tools.ts'
import { requireTool } from '../../support/require-tool.ts'

test('while a stranger sends up to 20,000 hostile packets a second, a manager is answered', async (context) => {
  requireTool(context, 'snmpwalk')
  const agent = createTestAgent({ rows: 100 })
  const server = await openUdpServer({ host: '127.0.0.1', port: 0, core: agent.core, onError: () => {} })
  const stranger = createSocket('udp4')
  const packets = Array.from({ length: 4000 }, createFuzzer(7))
  let flooding = true
  const flood = (async () => {
    for (let sent = 0; flooding; await delay(1)) {
      for (let i = 0; i < 20; i++) stranger.send(packets[sent++ % packets.length]!, server.port, '127.0.0.1')
    }
  })()
  const get = ['-v2c', '-c', 'public', '-t', '1', '-r', '2', `127.0.0.1:${server.port}`, '.1.3.6.1.2.1.1.1.0']
  for (let i = 0; i < 10; i++) expect((await run('snmpget', get)).stdout).toContain('Spyglass test agent')
  flooding = false
  await flood
  stranger.close()
  await server.close()
  expect(agent.counters.inPackets).toBeGreaterThan(500)
  expect(agent.internalErrors).toEqual([])
})
