/** The agent core of the bridge over a table of ROWS x 8, on a free port, for the SNMP benchmark: `node snmp-agent.ts ROWS`. */
import { openUdpServer } from '../snmp-bridge/src/server/udp-server.ts'
import { createTestAgent } from '../test/snmp-bridge/support/agent.ts'

const { core } = createTestAgent({ rows: Number(process.argv[2]), boots: 1 })
const server = await openUdpServer({ host: '127.0.0.1', port: 0, core, onError: () => {} })
process.send?.({ port: server.port })
