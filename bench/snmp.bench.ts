/**
 * Our agent and Debian's snmpd in turns: GET by v2c and by v3 authPriv, GETBULK over a table of 10,000 x 8. Rates are by second of the agent's
 * CPU; the ratios to snmpd hold on any machine. `--quick` takes a third of the time.
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
import { interval, median, ratios } from './statistics.ts'

const started = performance.now()
const ROUNDS = process.argv.includes('--quick') ? 2 : 6
const ROUND_SECONDS = 1
const ROWS = 10_000
const FEW_ROWS = 100
/** snmpd has no large table of its own: `override` lines give it one of this size. */
const SNMPD_ROWS = 200
const figures: Record<string, Figure> = {}

/** An agent that is measured. */
interface Peer extends AsyncDisposable {
  readonly target: Target
  readonly rows: number
}

const KINDS = ['get v2c', 'get v3', 'bulk v2c', 'bulk v3'] as const
type Kind = (typeof KINDS)[number]

/** What a peer did in a round; rates of bulks are varbinds. */
type Round = Readonly<Record<Kind, { readonly perCpuSecond: number; readonly perSecond: number }>>

async function measure({ target, rows }: Peer): Promise<Round> {
  const column = [...TABLE, 3]
  const bulk = bulks(column, rows)
  const varbinds = parseV2c(await ask(target, v2cRequest(bulk[0]!))).varbinds.length
  const run = async (requests: ReturnType<typeof gets>, version: 'v2c' | 'v3', each = 1): Promise<Round[Kind]> => {
    const { perCpuSecond, perSecond }: Load = await load(target, await encode(requests, version, target, user), ROUND_SECONDS)
    return { perCpuSecond: perCpuSecond * each, perSecond: perSecond * each }
  }
  return {
    'get v2c': await run(gets(column, rows), 'v2c'),
    'get v3': await run(gets(column, rows), 'v3'),
    'bulk v2c': await run(bulk, 'v2c', varbinds),
    'bulk v3': await run(bulk, 'v3', varbinds),
  }
}

async function startOurs(rows: number): Promise<Peer> {
  const child = fork(fileURLToPath(new URL('snmp-agent.ts', import.meta.url)), [String(rows)], {
    execArgv: ['--conditions=spyglass-source'],
  })
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  return { target: { pid: child.pid!, port }, rows, [Symbol.asyncDispose]: async () => void child.kill() }
}

async function startSnmpd(program: string): Promise<Peer> {
  const folder = mkdtempSync(join(tmpdir(), 'spyglass-snmpd-'))
  const port = await freePort()
  const cells = Array.from({ length: SNMPD_ROWS }, (_, i) => `override ${[...TABLE, 3, i + 1].join('.')} uinteger ${i * 3}`)
  const account = `createUser ${user.name} SHA-256 "${user.authPassword}" AES "${user.privPassword}"\nrouser ${user.name} priv`
  const config = join(folder, 'snmpd.conf')
  writeFileSync(config, `agentaddress udp:127.0.0.1:${port}\nrocommunity public\n${account}\n${cells.join('\n')}\n`)
  const child = spawn(program, ['-f', '-Lo', '-C', '-c', config], { stdio: 'ignore', env: { ...process.env, SNMP_PERSISTENT_DIR: folder } })
  const target = { pid: child.pid!, port }
  const stop = async (): Promise<void> => {
    child.kill()
    await once(child, 'exit')
    rmSync(folder, { recursive: true, force: true })
  }
  await until(() => ask(target, v2cRequest({ names: [[...TABLE, 3, 1]] })).then(() => true))
  return { target, rows: SNMPD_ROWS, [Symbol.asyncDispose]: stop }
}

/** Rounds of every peer in turns, so that what else the machine does falls on all of them. */
async function measureInTurns(peers: readonly Peer[]): Promise<readonly (readonly Round[])[]> {
  const rounds: Round[][] = peers.map(() => [])
  for (let i = 0; i < ROUNDS; i++) for (const [at, peer] of peers.entries()) rounds[at]!.push(await measure(peer))
  return rounds
}

function put(name: string, figure: Figure): void {
  figures[name] = { ...figure, value: Math.round(figure.value * 100) / 100 }
  const { value, low = value, high = value, unit, bar } = figures[name]
  process.stderr.write(`${name.padEnd(28)} ${value} (${low} … ${high}) ${unit}${bar === undefined ? '' : ` (bar ${bar})`}\n`)
}

function putRate(name: string, values: readonly number[], unit: string, bar?: number): void {
  put(name, { value: median(values), unit, better: 'higher', ...(bar === undefined ? {} : { bar }) })
}

function putRatio(name: string, values: readonly number[], base: readonly number[], bar?: number): void {
  const figure: Figure = { ...interval(ratios(values, base)), unit: 'ratio', better: 'higher', isRatio: true }
  put(name, { ...figure, ...(bar === undefined ? {} : { bar }) })
}

const byCpu = (rounds: readonly Round[], kind: Kind): number[] => rounds.map((round) => round[kind].perCpuSecond)

const program = findTool('snmpd')
await using large = await startOurs(ROWS)
await using few = await startOurs(FEW_ROWS)
await using snmpd = program === undefined ? undefined : await startSnmpd(program)
const [ours = [], small = [], theirs = []] = await measureInTurns([large, few, ...(snmpd ? [snmpd] : [])])
putRate('get v2c', byCpu(ours, 'get v2c'), 'requests/CPU s', 25_000)
putRate('get v3 authPriv', byCpu(ours, 'get v3'), 'requests/CPU s', 10_000)
putRate(
  'get v2c by clock',
  ours.map((round) => round['get v2c'].perSecond),
  'requests/s',
)
putRate('bulk v2c 10,000 x 8', byCpu(ours, 'bulk v2c'), 'varbinds/CPU s')
putRate('bulk v3 10,000 x 8', byCpu(ours, 'bulk v3'), 'varbinds/CPU s')
putRatio('bulk, 10,000 rows to 100', byCpu(ours, 'bulk v2c'), byCpu(small, 'bulk v2c'), 0.7)
if (snmpd) {
  for (const kind of KINDS) putRate(`snmpd ${kind}`, byCpu(theirs, kind), kind.startsWith('get') ? 'requests/CPU s' : 'varbinds/CPU s')
  for (const kind of KINDS) putRatio(`${kind} to snmpd`, byCpu(ours, kind), byCpu(theirs, kind), kind === 'bulk v2c' ? 1 : undefined)
}
printResult('snmp', figures, started)
