/** An agent core over a table of plain objects, for tests: the real one, only its objects are made up. */
import { parseOid } from '../../../snmp-bridge/src/ber/oid.ts'
import { counter64, gauge32, integer, text } from '../../../snmp-bridge/src/ber/value.ts'
import { createCounters, type EngineCounters } from '../../../snmp-bridge/src/counters.ts'
import { type AgentCore, createAgentCore } from '../../../snmp-bridge/src/message/agent-core.ts'
import { systemObjects, systemTypes } from '../../../snmp-bridge/src/system/system-objects.ts'
import { type ManagedObject, Snapshot } from '../../../snmp-bridge/src/table/snapshot.ts'
import { createEngineClock, type EngineClock } from '../../../snmp-bridge/src/usm/engine-clock.ts'
import { localizeKeys, masterKeys } from '../../../snmp-bridge/src/usm/keys.ts'
import { createAccessPolicy } from '../../../snmp-bridge/src/vacm/vacm.ts'

export const user = { name: 'operator', authPassword: 'authentication', privPassword: 'privacy-key' }
export const engineId = Buffer.from('80001f8805000102030405060708090a0b0c0d0e0f', 'hex')
export const TABLE = parseOid('1.3.6.1.4.1.8072.9999.9999.1.4.1')

const master = masterKeys(user.authPassword, user.privPassword)

export interface TestAgent {
  readonly core: AgentCore
  readonly counters: EngineCounters
  readonly clock: EngineClock
  readonly snapshot: Snapshot
  readonly internalErrors: unknown[]
}

export interface TestAgentOptions {
  readonly rows?: number
  readonly community?: string | undefined
  readonly boots?: number
  readonly now?: () => number
}

/** Columns 1 to 8 of every row; the second is a text. */
export function tableObjects(rows: number): ManagedObject[] {
  const objects: ManagedObject[] = []
  for (let column = 1; column <= 8; column++) {
    for (let row = 1; row <= rows; row++) objects.push({ oid: [...TABLE, column, row], value: cell(column, row) })
  }
  return objects
}

function cell(column: number, row: number) {
  if (column === 1) return integer(row)
  if (column === 2) return text(`row-${row}`)
  return column < 6 ? gauge32(row * column) : counter64(row * 1_000_000)
}

export function createTestAgent({ rows = 10, community = 'public', boots = 3, now }: TestAgentOptions = {}): TestAgent {
  const counters = createCounters()
  const clock = createEngineClock(engineId, boots, now)
  const policy = createAccessPolicy({
    community,
    users: [{ name: Buffer.from(user.name), keys: localizeKeys(master, engineId) }],
  })
  const system = systemObjects({
    description: 'Spyglass test agent',
    objectId: parseOid('1.3.6.1.4.1.8072.9999.9999.3'),
    ownModule: parseOid('1.3.6.1.4.1.8072.9999.9999.2.1.1'),
    contact: 'nobody',
    name: 'test',
    location: 'here',
    clock,
    upTime: () => 4242,
    counters,
  })
  const columns = Array.from({ length: 8 }, (_, i) => [...TABLE, i + 1])
  const snapshot = Snapshot.of([...system, ...tableObjects(rows)], [...systemTypes(system), ...columns])
  const internalErrors: unknown[] = []
  const core = createAgentCore({
    clock,
    policy,
    counters,
    snapshot: () => snapshot,
    onInternalError: (error) => internalErrors.push(error),
  })
  return { core, counters, clock, snapshot, internalErrors }
}
