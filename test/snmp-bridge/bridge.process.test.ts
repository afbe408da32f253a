/** The bridge between its real neighbours: the MBean endpoint on one side, Debian's SNMP tools on the other. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { kinds } from '@spyglass/mbeans/kinds'
import { checkAgent, reportText } from '../../snmp-bridge/src/manager/check.ts'
import { requireTool } from '../support/require-tool.ts'
import { until } from '../support/until.ts'
import { startTestBridge, type TestBridge } from './support/bridge.ts'
import { type Management, register, registerShop, startManagement } from './support/management.ts'
import { run } from './support/tools.ts'

let management: Management
let agent: TestBridge

beforeAll(async () => {
  management = await startManagement()
  registerShop(management.registry)
  agent = await startTestBridge({ managementPort: management.port })
})

afterAll(async () => {
  await agent?.stop()
  await management?.close()
})

test('snmpwalk shows the tables by name with nothing but the exported MIBs, by v2c and by v3', async (context) => {
  requireTool(context, 'snmpwalk')
  for (const args of [agent.v2c('SPYGLASS-MIB::spyglassMIB'), agent.v3('SPYGLASS-MIB::spyglassMIB')]) {
    const { stdout, stderr, code } = await run('snmpwalk', args)
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
    expect(stdout).toContain('SPYGLASS-MIB::sgInstanceName.1 = STRING: http-1')
    expect(stdout).toContain('SPYGLASS-MIB::sgInstanceState.1 = INTEGER: ready(2)')
    expect(stdout).toContain('SPYGLASS-MIB::sgInstanceUptime.1 = Counter64: 5000000000')
    expect(stdout).toContain('SPYGLASS-MIB::sgInstanceCpuTime.1 = Counter64: 1500 milliseconds')
    expect(stdout).toContain('SPYGLASS-MIB::sgDatasourceState.1.1 = INTEGER: exhausted(3)')
    expect(stdout).toContain('SPYGLASS-MIB::sgDatasourceWaitP95.1.1 = Gauge32: 250000 microseconds')
    expect(stdout).toContain('SPYGLASS-MIB::sgDatasourceLastErrorTime.1.1 = STRING: 2025-11-24,16:0:0.0,+0:0')
    expect(stdout).toContain('SPYGLASS-MIB::sgListenerPort.1.1 = Gauge32: 8080')
    expect(stdout).toContain('SPYGLASS-MIB::sgAgentStale.0 = INTEGER: false(2)')
    expect(stdout).not.toContain('sgInstanceRss')
  }
})

test('snmpget, snmpgetnext, snmpbulkwalk and snmptable read the same objects', async (context) => {
  requireTool(context, 'snmpwalk')
  const get = await run('snmpget', agent.v3('SNMPv2-MIB::sysContact.0', 'SPYGLASS-MIB::sgInstancePid.1', 'SPYGLASS-MIB::sgInstancePid.9'))
  expect(get.stdout).toContain('sysContact.0 = STRING: ops@example.org')
  expect(get.stdout).toContain('sgInstancePid.1 = Gauge32: 4711')
  expect(get.stdout).toContain('sgInstancePid.9 = No Such Instance')
  const without = await run(
    'snmpget',
    agent.v2c('SPYGLASS-MIB::sgInstancePid', 'SPYGLASS-MIB::sgAgentStale', 'SPYGLASS-MIB::sgInstanceTable'),
  )
  expect(without.stdout).toMatch(
    /sgInstancePid = No Such Instance.*\n.*sgAgentStale = No Such Instance.*\n.*sgInstanceTable = No Such Object/,
  )
  expect((await run('snmpget', ['-v1', '-c', 'public', ...agent.v2c('SPYGLASS-MIB::sgInstanceUptime.1').slice(3), '-r', '0'])).code).toBe(1)
  expect((await run('snmpgetnext', agent.v2c('SPYGLASS-MIB::sgInstancePid'))).stdout).toContain('sgInstancePid.1 = Gauge32: 4711')
  expect((await run('snmptable', agent.v2c('SPYGLASS-MIB::sgInstanceTable'))).stdout).toContain('http-1')
  const [walk, bulkWalk] = await Promise.all([
    run('snmpwalk', agent.v2c('SPYGLASS-MIB::sgObjects')),
    run('snmpbulkwalk', agent.v3('SPYGLASS-MIB::sgObjects')),
  ])
  const stable = (text: string): string[] => text.split('\n').filter((line) => !line.includes('sgAgent'))
  expect(stable(bulkWalk.stdout)).toEqual(stable(walk.stdout))
  expect(stable(walk.stdout).length).toBeGreaterThan(15)
})

test('long names and names in other scripts come through snmpwalk and snmptable, cut between characters; snmptranslate knows their columns', async (context) => {
  requireTool(context, 'snmpwalk')
  const names = ['连接池', 'Größe/é ü', '🦜'.repeat(10), 'x'.repeat(300), '池'.repeat(100), 'a "b" \\ c']
  const withdraw = names.map((name) => register(management.registry, kinds.datasource, { instance: 'http-1', name }, { state: 'ok' }))
  try {
    const column = 'SPYGLASS-MIB::sgDatasourceName'
    const expected = ['shop', ...names.filter((name) => name.length < 100), `${'x'.repeat(252)}...`, `${'池'.repeat(84)}...`]
    for (const args of [agent.v2c('-Oqv', column), agent.v3('-Oqv', column)]) {
      await until(async () => {
        expect((await run('snmpwalk', args)).stdout.trimEnd().split('\n').toSorted()).toEqual(expected.toSorted())
        return true
      })
    }
    expect((await run('snmptable', agent.v2c('SPYGLASS-MIB::sgDatasourceTable'))).stdout).toContain('Größe/é ü')
    const translated = await run('snmptranslate', ['-M', join(agent.data, 'mibs'), '-m', 'SPYGLASS-MIB', '-On', column])
    const back = await run('snmptranslate', ['-M', join(agent.data, 'mibs'), '-m', 'SPYGLASS-MIB', `${translated.stdout.trim()}.1.2`])
    expect(back.stdout.trim()).toBe(`${column}.1.2`)
  } finally {
    for (const each of withdraw) each()
  }
})

test('the system group names the product, and the engine group shows persisted boots', async (context) => {
  requireTool(context, 'snmpwalk')
  const { stdout } = await run('snmpwalk', agent.v2c('.1.3.6.1.2.1.1'))
  expect(stdout).toContain('Spyglass 0.1.0 SNMP bridge')
  const engine = await run('snmpwalk', agent.v2c('.1.3.6.1.6.3.10.2.1'))
  expect(engine.stdout).toMatch(/10\.2\.1\.2\.0 = INTEGER: 1\n/)
})

test('snmpset is refused with noAccess, and wrong credentials with their reports', async (context) => {
  requireTool(context, 'snmpwalk')
  expect((await run('snmpset', agent.v3('SNMPv2-MIB::sysName.0', 's', 'x'))).stderr).toContain('noAccess')
  expect((await run('snmpset', agent.v2c('SNMPv2-MIB::sysName.0', 's', 'x'))).stderr).toContain('noAccess')
  const wrong = agent
    .v3('SNMPv2-MIB::sysName.0')
    .map((argument) => (argument === agent.secrets.snmp.authPassword ? 'wrong-password' : argument))
  expect((await run('snmpget', wrong)).stderr).toContain('Authentication failure')
})

test('npm net-snmp as a manager finds the same rows by v2c and v3', async () => {
  const target = `127.0.0.1:${agent.bridge.port}`
  const v2c = await checkAgent(target, agent)
  expect(v2c).toMatchObject({ version: 'v2c', rows: { sgInstanceTable: 1, sgListenerTable: 1, sgDatasourceTable: 1 } })
  const { community: _, ...snmp } = agent.config.snmp
  const v3 = await checkAgent(target, { ...agent, config: { ...agent.config, snmp } })
  expect(v3).toMatchObject({ version: 'v3', rows: v2c.rows })
  expect(reportText(v3)).toMatch(/\(v3\): Spyglass .*\n {2}up for .* s\n {2}sgInstanceTable: 1 row\n/)
})

test('an agent that does not answer is reported with SPY_SNMP_CHECK', async () => {
  await expect(checkAgent('127.0.0.1:9', { ...agent, timeoutMs: 100 })).rejects.toMatchObject({ code: 'SPY_SNMP_CHECK' })
})

test('rows come and go with their resources, and keep their numbers over a restart of the bridge', async (context) => {
  requireTool(context, 'snmpwalk')
  const data = mkdtempSync(join(tmpdir(), 'spyglass-rows-'))
  const name = async (bridge: TestBridge, row: number) =>
    (await run('snmpget', bridge.v2c('-Ov', `SPYGLASS-MIB::sgDatasourceName.1.${row}`))).stdout
  const withdraw = register(management.registry, kinds.datasource, { instance: 'http-1', name: 'audit' }, { state: 'ok' })
  const first = await startTestBridge({ managementPort: management.port, data })
  try {
    expect(await name(first, 2)).toContain('audit')
    withdraw()
    await until(async () => (await name(first, 2)).includes('No Such Instance'))
  } finally {
    await first.stop()
  }
  const withdrawNew = register(management.registry, kinds.datasource, { instance: 'http-1', name: 'newcomer' }, { state: 'ok' })
  const second = await startTestBridge({ managementPort: management.port, data })
  try {
    expect(await name(second, 1)).toContain('shop')
    expect(await name(second, 2)).toContain('No Such Instance')
    expect(await name(second, 3)).toContain('newcomer')
  } finally {
    await second.stop()
    withdrawNew()
    rmSync(data, { recursive: true, force: true })
  }
})

test('when the endpoint falls silent rows are withdrawn, instances become unknown, and all is back when it answers again', async (context) => {
  requireTool(context, 'snmpwalk')
  let endpoint = await startManagement()
  registerShop(endpoint.registry)
  const bridge = await startTestBridge({ managementPort: endpoint.port })
  const get = async (object: string) => (await run('snmpget', bridge.v2c('-Ov', `SPYGLASS-MIB::${object}`))).stdout
  try {
    expect(await get('sgInstanceState.1')).toContain('ready')
    await endpoint.close()
    await until(async () => (await get('sgInstanceState.1')).includes('unknown'))
    expect(await get('sgInstancePid.1')).toContain('No Such Instance')
    expect(await get('sgDatasourceState.1.1')).toContain('No Such Instance')
    expect(await get('sgAgentStale.0')).toContain('true')
    expect(await get('sgAgentPollErrors.0')).toMatch(/Counter32: [1-9]/)
    endpoint = await startManagement(endpoint.port)
    registerShop(endpoint.registry)
    await until(async () => (await get('sgInstanceState.1')).includes('ready'))
    expect(await get('sgAgentStale.0')).toContain('false')
  } finally {
    await bridge.stop()
    await endpoint.close()
  }
})

test('the bridge serves its own counters as a managed resource', () => {
  const bean = agent.registry.find('spyglass:type=SnmpAgent,name=spyglass')!
  expect(bean.read('engineBoots')).toBe(1)
  expect(bean.read('packetsIn')).toBeGreaterThan(10)
  expect(bean.read('objects')).toBeGreaterThan(60)
})

test('a data folder cloned beside its original answers under another engine id', async () => {
  const clone = mkdtempSync(join(tmpdir(), 'spyglass-clone-'))
  cpSync(agent.data, clone, { recursive: true })
  const bridge = await startTestBridge({ managementPort: management.port, data: clone })
  const idOf = ({ registry }: TestBridge) => registry.find('spyglass:type=SnmpAgent,name=spyglass')!.read('engineId')
  expect(idOf(bridge)).not.toBe(idOf(agent))
  await bridge.stop()
  rmSync(clone, { recursive: true, force: true })
})
