import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { integer } from '../../../snmp-bridge/src/ber/value.ts'
import type { AgentStatus } from '../../../snmp-bridge/src/mib/agent-objects.ts'
import { columnOid } from '../../../snmp-bridge/src/mib/layout.ts'
import { mibTables } from '../../../snmp-bridge/src/mib/tables.ts'
import type { ResourceValues } from '../../../snmp-bridge/src/source/jolokia-client.ts'
import { createPoller } from '../../../snmp-bridge/src/source/poller.ts'
import { openRowNumbers } from '../../../snmp-bridge/src/source/row-numbers.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const ROOT = [1, 3, 6, 1, 4, 1, 32_473]
const tables = mibTables().filter(({ kind }) => kind.name === 'instance')
const state = [...columnOid(ROOT, 2, 3), 1]
const AFTER_POLL = [...ROOT, 1, 100, 2, 0]
const pid = [...columnOid(ROOT, 2, 4), 1]

function setUp(file = join(tempFolder(), 'rows.json')) {
  const status: AgentStatus = {
    version: '',
    lastPoll: 0,
    pollErrors: 0,
    stale: false,
    notificationsSent: 0,
    informsUnacknowledged: 0,
    notificationsDropped: 0,
    undelivered: new Map(),
  }
  const world = {
    now: 10_000,
    fails: false,
    changes: [] as unknown[],
    unsaved: [] as unknown[],
    resources: [{ name: 'http-1', state: 'ready', pid: 7 }] as ResourceValues[],
  }
  const poller = createPoller({
    read: async () => {
      if (world.fails) throw new RangeError('away')
      return [world.resources]
    },
    tables,
    numbers: openRowNumbers(file),
    root: ROOT,
    intervalMs: 1000,
    status,
    scalars: (polled) => (polled ? [{ oid: AFTER_POLL, value: integer(1) }] : []),
    scalarTypes: [AFTER_POLL.slice(0, -1)],
    onChange: (error) => world.changes.push(error),
    onUnsaved: (error) => world.unsaved.push(error),
    now: () => world.now,
  })
  return { status, world, poller }
}

test('a poll swaps the snapshot; one that is in use stays as it was', async () => {
  const { poller, world, status } = setUp()
  expect(poller.snapshot().missing(state)).toBe('noSuchInstance')
  expect(poller.snapshot().find(AFTER_POLL)).toBe(-1)
  await poller.poll()
  expect(poller.snapshot().find(AFTER_POLL)).toBeGreaterThanOrEqual(0)
  const held = poller.snapshot()
  world.resources = []
  await poller.poll()
  expect(held.find(pid)).toBeGreaterThanOrEqual(0)
  expect(poller.snapshot().find(pid)).toBe(-1)
  expect(status).toMatchObject({ lastPoll: 10_000, pollErrors: 0, stale: false })
})

test('rows outlive three intervals of silence and no longer; then the state alone is left', async () => {
  const { poller, world, status } = setUp()
  await poller.poll()
  world.fails = true
  world.now += 3000
  await poller.poll()
  expect(poller.snapshot().find(pid)).toBeGreaterThanOrEqual(0)
  world.now += 1
  await poller.poll()
  expect(poller.snapshot().find(pid)).toBe(-1)
  expect(poller.snapshot().find(state)).toBeGreaterThanOrEqual(0)
  expect(status).toMatchObject({ stale: true, pollErrors: 2, lastPoll: 10_000 })
  world.fails = false
  await poller.poll()
  expect(poller.snapshot().find(pid)).toBeGreaterThanOrEqual(0)
  expect(status.stale).toBe(false)
})

test('failing and working again are reported once each', async () => {
  const { poller, world } = setUp()
  world.fails = true
  await poller.poll()
  await poller.poll()
  world.fails = false
  await poller.poll()
  await poller.poll()
  expect(world.changes).toEqual([expect.any(RangeError), undefined])
})

test('rows whose numbers cannot be put on disk are not shown until they can be; all others go on', async () => {
  const file = join(tempFolder(), 'rows.json')
  const { poller, world, status } = setUp(file)
  await poller.poll()
  const inTheWay = `${file}.${process.pid}`
  mkdirSync(inTheWay)
  world.resources = [
    { name: 'http-1', state: 'draining', pid: 7 },
    { name: 'http-2', state: 'ready', pid: 8 },
  ]
  const second = [...columnOid(ROOT, 2, 3), 2]
  for (let i = 0; i < 2; i++) await poller.poll()
  expect([poller.snapshot().find(state), poller.snapshot().find(second)].map((at) => at >= 0)).toEqual([true, false])
  expect(status).toMatchObject({ pollErrors: 0, stale: false })
  rmSync(inTheWay, { recursive: true, force: true })
  await poller.poll()
  expect(poller.snapshot().find(second)).toBeGreaterThanOrEqual(0)
  expect(world.unsaved).toEqual([expect.anything(), undefined])
})

test('start polls at once, and stop ends it', async () => {
  const { poller, status } = setUp()
  await poller.start()
  poller.stop()
  expect(status.lastPoll).toBe(10_000)
})
