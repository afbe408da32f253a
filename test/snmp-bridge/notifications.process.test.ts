/** From an event in the registry to a line of snmptrapd: traps by v2c, acknowledged informs by v3. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { exportMibs, parseOid } from '@spyglass/snmp-bridge'
import { requireTool } from '../support/require-tool.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { until } from '../support/until.ts'
import { startTestBridge } from './support/bridge.ts'
import { type Management, startManagement } from './support/management.ts'
import { startTrapDaemon, type TrapDaemon } from './support/tools.ts'

const account = { user: 'trapper', authPassword: 'trap-authentication', privPassword: 'trap-privacy' }
const SHOP = 'spyglass:type=Datasource,instance=http-1,name=shop'

let management: Management

beforeEach(async () => {
  management = await startManagement()
})
afterEach(() => management?.close())

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  await once(socket, 'close')
  return port
}

interface DaemonFolder {
  readonly folder: string
  readonly port: number
}

async function prepareDaemon(): Promise<DaemonFolder> {
  const folder = tempFolder('spyglass-trapd-')
  exportMibs(join(folder, 'mibs'), parseOid('1.3.6.1.4.1.8072.9999.9999'))
  const { user, authPassword, privPassword } = account
  const lines = [
    'authCommunity log traps',
    `createUser ${user} SHA-256 "${authPassword}" AES "${privPassword}"`,
    `authUser log ${user} priv`,
  ]
  writeFileSync(join(folder, 'snmptrapd.conf'), `${lines.join('\n')}\n`)
  return { folder, port: await freeUdpPort() }
}

function startDaemon({ folder, port }: DaemonFolder, state = 'state'): Promise<TrapDaemon> {
  mkdirSync(join(folder, state), { recursive: true })
  return startTrapDaemon({ port, configFile: join(folder, 'snmptrapd.conf'), mibs: join(folder, 'mibs'), state: join(folder, state) })
}

function emitExhausted(incidentTime = Date.now()) {
  return management.registry.emit({
    name: 'spyglass.pool.exhausted',
    resource: SHOP,
    message: 'all 8 connections of shop are lent',
    time: incidentTime,
    holders: [
      {
        connection: 1,
        heldMs: 31_200,
        route: 'GET /leak',
        traceId: '0af7651916cd43dd8448eb211c80319c',
        statement: 'SELECT ?',
        location: 'src/orders.ts:42',
        leaked: false,
        stack: [],
      },
    ],
  })
}

test('a raise and its clear arrive as v2c traps by name, with one incident id', async (context) => {
  requireTool(context, 'snmptrapd')
  const daemon = await prepareDaemon()
  const trapd = await startDaemon(daemon)
  const bridge = await startTestBridge({
    managementPort: management.port,
    trapTargets: [{ host: '127.0.0.1', port: daemon.port, version: 'v2c', community: 'traps' }],
  })
  try {
    await trapd.line('coldStart')
    const raised = emitExhausted()
    const line = await trapd.line('sgPoolExhausted', raised.incidentId)
    expect(line).toContain('sgEventSeverity.0 = critical')
    expect(line).toContain('sgEventPhase.0 = raise')
    expect(line).toContain('sgEventInstance.0 = http-1')
    expect(line).toContain('sgEventObject.0 = shop')
    expect(line).toContain('src/orders.ts:42 31.2 s GET /leak 0af7651916cd43dd8448eb211c80319c')
    expect(line).toContain('/#/trace/0af7651916cd43dd8448eb211c80319c')
    management.registry.emit({
      name: 'spyglass.pool.recovered',
      resource: SHOP,
      message: 'shop lends again',
      incidentId: raised.incidentId,
    })
    await trapd.line('sgPoolRecovered', raised.incidentId, 'clear')
  } finally {
    await bridge.stop()
    await trapd.stop()
  }
})

test('a v3 inform with SHA-256 and AES is acknowledged, repeated while the receiver is down, and finds its new engine', async (context) => {
  requireTool(context, 'snmptrapd')
  const daemon = await prepareDaemon()
  const bridge = await startTestBridge({
    managementPort: management.port,
    trapTargets: [{ host: '127.0.0.1', port: daemon.port, version: 'v3', ...account, timeoutMs: 200, retries: 20 }],
  })
  const bean = bridge.registry.find('spyglass:type=SnmpAgent,name=spyglass')!
  let trapd: TrapDaemon | undefined
  try {
    trapd = await startDaemon(daemon)
    await trapd.line('coldStart')
    const raised = emitExhausted()
    await trapd.line('sgPoolExhausted', raised.incidentId)
    await trapd.stop()
    trapd = undefined
    const down = management.registry.emit({
      name: 'spyglass.instance.down',
      resource: 'spyglass:type=Instance,name=http-1',
      message: 'http-1 is down',
    })
    trapd = await startDaemon(daemon, 'another-state')
    const line = await trapd.line('sgInstanceDown', down.incidentId)
    expect(line).toContain('sgEventInstance.0 = http-1')
    expect(bean.read('notificationsUnacknowledged')).toBe(0)
  } finally {
    await bridge.stop()
    await trapd?.stop()
  }
})

test('an inform that nobody acknowledges is given up and counted', async () => {
  const port = await freeUdpPort()
  const bridge = await startTestBridge({
    managementPort: management.port,
    trapTargets: [{ host: '127.0.0.1', port, version: 'v3', ...account, timeoutMs: 20, retries: 1 }],
  })
  const bean = bridge.registry.find('spyglass:type=SnmpAgent,name=spyglass')!
  expect(await until(() => bean.read('notificationsUnacknowledged') === 1)).toBe(true)
  await bridge.stop()
})

test('the error of a name that does not resolve is told with the counter, of a trap as of an inform', async () => {
  const bridge = await startTestBridge({
    managementPort: management.port,
    trapTargets: [
      { host: 'no-such-host.invalid', port: 162, version: 'v2c', community: 'traps' },
      { host: 'other-host.invalid', port: 162, version: 'v3', ...account, timeoutMs: 20, retries: 0 },
    ],
  })
  const bean = bridge.registry.find('spyglass:type=SnmpAgent,name=spyglass')!
  expect(await until(() => bean.read('notificationsUnacknowledged') === 2)).toBe(true)
  expect(bean.read('notificationProblem')).toMatch(
    /no-such-host\.invalid:162: getaddrinfo (ENOTFOUND|EAI_AGAIN).*other-host\.invalid:162: getaddrinfo (ENOTFOUND|EAI_AGAIN)/,
  )
  await bridge.stop()
})

test('a receiver that was away gets the raise and then the clear, though the bridge that saw the raise is gone', async (context) => {
  requireTool(context, 'snmptrapd')
  const daemon = await prepareDaemon()
  const options = {
    managementPort: management.port,
    trapTargets: [{ host: '127.0.0.1', port: daemon.port, version: 'v3' as const, ...account, timeoutMs: 50, retries: 0 }],
    data: tempFolder('spyglass-bridge-'),
  }
  const first = await startTestBridge(options)
  const raised = emitExhausted()
  await until(() => Number(first.registry.find('spyglass:type=SnmpAgent,name=spyglass')?.read('notificationsUnacknowledged')) > 1)
  await first.stop()
  const second = await startTestBridge(options)
  management.registry.emit({
    name: 'spyglass.pool.recovered',
    resource: SHOP,
    message: 'shop lends again',
    incidentId: raised.incidentId,
  })
  const trapd = await startDaemon(daemon)
  try {
    await trapd.line('sgPoolRecovered', raised.incidentId, 'clear')
    const told = trapd.lines.filter((line) => line.includes(raised.incidentId))
    expect(told[0]).toContain('sgPoolExhausted')
    expect(told.at(-1)).toContain('sgPoolRecovered')
  } finally {
    await second.stop()
    await trapd.stop()
  }
})
