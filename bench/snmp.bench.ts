/**
 * Our agent beside Debian's snmpd in the same run: GET by v2c and by v3 authPriv, GETBULK over a table of 10,000 x 8. Rates are by
 * second of the agent's CPU, so that load on the machine does not change them. `--quick` takes a third of the time.
 */
import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findTool } from '../scripts/system-packages.ts'
import { freePort } from '../test/support/free-port.ts'
import { until } from '../test/support/until.ts'
import { TABLE, user } from '../test/snmp-bridge/support/agent.ts'
import { parseV2c, v2cRequest } from '../test/snmp-bridge/support/packets.ts'
import { type Figure, printResult } from './result.ts'
import { ask, bulks, encode, gets, type Load, load, type Target } from './snmp-load.ts'

const started = performance.now()
const seconds = process.argv.includes('--quick') ? 1 : 3
const ROWS = 10_000
/** snmpd has no large table of its own: `override` lines give it one of this size. */
const SNMPD_ROWS = 200
const figures: Record<string, Figure> = {}

function put(name: string, value: number, unit: string, bar?: number): void {
  figures[name] = { value: Math.round(value * 100) / 100, unit, better: 'higher', ...(bar === undefined ? {} : { bar }) }
  process.stderr.write(`${name.padEnd(28)} ${value.toFixed(2).padStart(14)} ${unit}${bar === undefined ? '' : ` (bar ${bar})`}\n`)
}

interface Rates {
  readonly getV2c: Load
  readonly getV3: Load
  readonly bulkV2c: number
  readonly bulkV3: number
}

async function measure(target: Target, rows: number): Promise<Rates> {
  const column = [...TABLE, 3]
  const run = async (requests: ReturnType<typeof gets>, version: 'v2c' | 'v3') =>
    load(target, await encode(requests, version, target, user), seconds)
  const bulk = bulks(column, rows)
  const varbinds = parseV2c(await ask(target, v2cRequest(bulk[0]!))).varbinds.length
  return {
    getV2c: await run(gets(column, rows), 'v2c'),
    getV3: await run(gets(column, rows), 'v3'),
    bulkV2c: (await run(bulk, 'v2c')).perCpuSecond * varbinds,
    bulkV3: (await run(bulk, 'v3')).perCpuSecond * Math.min(50, rows),
  }
}

async function measureOurs(rows: number): Promise<Rates> {
  const child = fork(fileURLToPath(new URL('snmp-agent.ts', import.meta.url)), [String(rows)], {
    execArgv: ['--conditions=spyglass-source'],
  })
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  try {
    return await measure({ pid: child.pid!, port }, rows)
  } finally {
    child.kill()
  }
}

async function measureSnmpd(): Promise<Rates | undefined> {
  const program = findTool('snmpd')
  if (program === undefined) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'spyglass-snmpd-'))
  const port = await freePort()
  const cells = Array.from({ length: SNMPD_ROWS }, (_, i) => `override ${[...TABLE, 3, i + 1].join('.')} uinteger ${i * 3}`)
  const account = `createUser ${user.name} SHA-256 "${user.authPassword}" AES "${user.privPassword}"\nrouser ${user.name} priv`
  const config = join(folder, 'snmpd.conf')
  writeFileSync(config, `agentaddress udp:127.0.0.1:${port}\nrocommunity public\n${account}\n${cells.join('\n')}\n`)
  const child = spawn(program, ['-f', '-Lo', '-C', '-c', config], { stdio: 'ignore', env: { ...process.env, SNMP_PERSISTENT_DIR: folder } })
  const target = { pid: child.pid!, port }
  try {
    await until(() => ask(target, v2cRequest({ names: [[...TABLE, 3, 1]] })).then(() => true))
    return await measure(target, SNMPD_ROWS)
  } finally {
    child.kill()
    await once(child, 'exit')
    rmSync(folder, { recursive: true, force: true })
  }
}

const ours = await measureOurs(ROWS)
put('get v2c', ours.getV2c.perCpuSecond, 'requests/CPU s', 25_000)
put('get v3 authPriv', ours.getV3.perCpuSecond, 'requests/CPU s', 10_000)
put('get v2c by clock', ours.getV2c.perSecond, 'requests/s')
put('bulk v2c 10,000 x 8', ours.bulkV2c, 'varbinds/CPU s')
put('bulk v3 10,000 x 8', ours.bulkV3, 'varbinds/CPU s')
const small = await measureOurs(100)
put('bulk, 10,000 rows to 100', ours.bulkV2c / small.bulkV2c, 'ratio', 0.7)
const snmpd = await measureSnmpd()
if (snmpd) {
  put('snmpd get v2c', snmpd.getV2c.perCpuSecond, 'requests/CPU s')
  put('snmpd get v3 authPriv', snmpd.getV3.perCpuSecond, 'requests/CPU s')
  put('snmpd bulk v2c', snmpd.bulkV2c, 'varbinds/CPU s')
  put('snmpd bulk v3', snmpd.bulkV3, 'varbinds/CPU s')
  put('bulk v2c to snmpd', ours.bulkV2c / snmpd.bulkV2c, 'ratio', 1)
}
printResult('snmp', figures, started)
