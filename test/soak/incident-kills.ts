/**
 * Incidents begin and end while processes and receivers are killed at random; then every receiver is asked what it knows. The truth is the log of the
 * application: it names each incident that began, and its process is killed as well.
 */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { exportMibs, parseOid } from '@spyglass/snmp-bridge'
import { followEvents } from '../../snmp-bridge/src/notification/event-stream.ts'
import { startTrapDaemon, type TrapDaemon } from '../snmp-bridge/support/tools.ts'
import { sql } from '../support/clients.ts'
import { startSuite, type Suite } from '../support/suite.ts'
import { until } from '../support/until.ts'
import { Heard, type ReceiverRow, rowOf } from './incident-table.ts'

export interface KillOptions {
  readonly kills: number
  readonly incidents: number
  /** Decides who is killed when; from 0 to 1. */
  readonly random: () => number
  readonly onProgress?: (text: string) => void
}

export interface KillResult {
  /** Kills by what was killed. */
  readonly kills: ReadonlyMap<string, number>
  readonly incidents: number
  readonly rows: readonly ReceiverRow[]
}

const DATASOURCES = ['a', 'b', 'c', 'd']
const PARTS = ['snmp-bridge', 'management', 'collector', 'drain-1'] as const
const OURS = /^spyglass\.(pool|instance)\./
const ACCOUNT = { user: 'soak', authPassword: 'soak-authentication', privPassword: 'soak-privacy-1' }
/** Everything has arrived by then, on a machine ten times slower than usual. */
const SETTLE_MS = 180_000

export async function killDuringIncidents(folder: string, options: KillOptions): Promise<KillResult> {
  await using snmp = await snmpReceiver(join(folder, 'trapd'))
  await using pages = await pageReceiver()
  await using suite = await startSuite(folder, settingsOf(folder, snmp.port, pages.url))
  await using stream = streamReceiver(suite)
  const targets = targetsOf(suite, { 'SNMP receiver': snmp, 'page receiver': pages, 'stream client': stream })
  const kills = await killAll(targets, suite, options)
  writeFileSync(stopFile(folder), '')
  const heardBy = { SNMP: snmp.heard, 'event stream': stream.heard, pages: pages.heard }
  const rows = await until(async () => settledRows(await rowsNow(suite, heardBy)), SETTLE_MS).catch(() => rowsNow(suite, heardBy))
  return { kills, incidents: raisedIn(suite).size, rows }
}

const stopFile = (folder: string): string => join(folder, 'stop')

/** The application drains its own pools, one connection each, now and then. */
function settingsOf(folder: string, snmpPort: number, pageUrl: string): Record<string, unknown> {
  const program = join(folder, 'drain')
  mkdirSync(program, { recursive: true })
  writeFileSync(join(program, 'package.json'), '{ "name": "drain", "type": "module", "main": "main.js" }')
  writeFileSync(join(program, 'main.js'), PROGRAM.replace('STOP', JSON.stringify(stopFile(folder))))
  return {
    applications: [{ name: 'drain', folder: program, datasources: DATASOURCES }],
    datasources: DATASOURCES.map((name) => ({ name, file: ':memory:', min: 0, max: 1, acquireTimeoutMs: 30_000, exhaustedAfterMs: 100 })),
    alerting: { receivers: [{ name: 'pages', url: pageUrl }] },
    snmp: { trapTargets: [{ host: '127.0.0.1', port: snmpPort, version: 'v3', ...ACCOUNT, timeoutMs: 500, retries: 1 }] },
  }
}

const PROGRAM = `import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

export default async function create({ datasource }) {
  async function drain(name) {
    const pool = datasource(name)
    while (!existsSync(STOP)) {
      const connection = await pool.connect()
      const waiting = pool.connect().then((other) => other.release(), () => {})
      await sleep(200 + Math.random() * 1500)
      await connection.release()
      await waiting
      await sleep(500 + Math.random() * 1500)
    }
  }
  for (const name of ${JSON.stringify(DATASOURCES)}) drain(name).catch(() => {})
  return (request, response) => response.end('ok')
}
`

interface Target {
  /** Kills it; false if it is not there now. */
  kill(): Promise<boolean>
}

interface Receiving extends AsyncDisposable {
  readonly heard: Heard
  /** It is away for a while. */
  restart(): Promise<void>
}

function targetsOf(suite: Suite, receivers: Readonly<Record<string, Receiving>>): ReadonlyMap<string, Target> {
  const killed = new Map<string, number>()
  const killOnce = (part: string, pid: number): boolean => {
    if (pid === 0 || killed.get(part) === pid) return false
    killed.set(part, pid)
    try {
      process.kill(pid, 'SIGKILL')
      return true
    } catch {
      return false // its end has another reason
    }
  }
  const parts = PARTS.map((part): [string, Target] => [part, { kill: async () => killOnce(part, suite.pidOf(part)) }])
  const decider: Target = { kill: async () => killOnce('decider', await deciderOf(suite)) }
  const away = Object.entries(receivers).map(([name, receiver]): [string, Target] => [
    name,
    { kill: () => receiver.restart().then(() => true) },
  ])
  return new Map([...parts, ['decider', decider], ...away])
}

async function deciderOf(suite: Suite): Promise<number> {
  try {
    const answer = await fetch(`${suite.urls.management}/jolokia/read/spyglass:type=Server,name=spyglass/deciderPid`)
    return ((await answer.json()) as { readonly value?: number }).value ?? 0
  } catch {
    return 0 // management is away
  }
}

async function killAll(targets: ReadonlyMap<string, Target>, suite: Suite, options: KillOptions): Promise<ReadonlyMap<string, number>> {
  const { kills, incidents, random, onProgress = () => {} } = options
  const done = new Map([...targets.keys()].map((name) => [name, 0]))
  const names = [...targets.keys()]
  for (let count = 0; count < kills || raisedIn(suite).size < incidents;) {
    await sleep(200 + random() * 2500)
    if (raisedIn(suite).size < (count / kills) * incidents) continue // they are spread over the incidents
    const together = random() < 0.3 ? 2 : 1 // a process and who should have heard of it
    for (let i = 0; i < together && count < kills; i++) {
      const name = names[Math.floor(random() * names.length)] ?? ''
      if (!(await targets.get(name)?.kill())) continue
      done.set(name, (done.get(name) ?? 0) + 1)
      onProgress(`${++count} kills, ${raisedIn(suite).size} incidents: ${name}`)
    }
  }
  return done
}

/** Ids of the incidents that began, by the log of the application. */
function raisedIn({ data }: Suite): ReadonlySet<string> {
  const lines = readFileSync(join(data, 'logs/server.log'), 'utf8').split('\n')
  const raised = lines.filter((line) => line.includes('"pool exhausted"'))
  return new Set(raised.flatMap((line) => /"incidentId":"([\da-f]{16})"/.exec(line)?.[1] ?? []))
}

async function rowsNow(suite: Suite, heardBy: Readonly<Record<string, Heard>>): Promise<readonly ReceiverRow[]> {
  const raised = raisedIn(suite)
  const table = await tableOf(suite)
  const { pages, ...others } = heardBy
  const all = { ...others, 'table of events': table }
  const known = new Set([...raised, ...Object.values(all).flatMap((heard) => [...heard.ids])])
  const listed = { receiver: 'open incidents (MBeans)', raises: 0, clears: 0, missing: 0, open: await listedBy(suite), repeats: 0 }
  const rows = [...Object.entries(all).map(([receiver, heard]) => rowOf(receiver, heard, known)), listed]
  return pages ? [...rows, rowOf('pages', pages, pages.ids)] : rows // an incident that begins while its alert still fires is no other page
}

/** Those that management lists as open. */
async function listedBy(suite: Suite): Promise<number> {
  const answer = await fetch(`${suite.urls.management}/jolokia/read/spyglass:type=Incident,*/event`)
  const { value = {} } = (await answer.json()) as { readonly value?: Readonly<Record<string, { readonly event: string }>> }
  return Object.values(value).filter(({ event }) => OURS.test(event)).length
}

const settledRows = (rows: readonly ReceiverRow[]): readonly ReceiverRow[] | false =>
  rows.every(({ missing, open }) => missing === 0 && open === 0) && rows

async function tableOf(suite: Suite): Promise<Heard> {
  const heard = new Heard()
  const rows = await sql(
    suite,
    `SELECT IncidentId, Phase FROM spyglass.events WHERE Name LIKE 'spyglass.pool.%' OR Name LIKE 'spyglass.instance.%' ORDER BY Time`,
  )
  for (const { IncidentId, Phase } of rows) heard.note(String(IncidentId), String(Phase))
  return heard
}

function streamReceiver(suite: Suite): Receiving {
  const heard = new Heard()
  let position = 1
  const follow = () =>
    followEvents({
      url: `${suite.urls.management}/jolokia`,
      after: position,
      onEvent(event, at) {
        position = at
        if (OURS.test(event.name)) heard.note(event.incidentId, event.phase)
      },
      onChange: () => {},
    })
  let stream = follow()
  return {
    heard,
    async restart() {
      await stream.stop()
      await sleep(1000)
      stream = follow()
    },
    [Symbol.asyncDispose]: () => stream.stop(),
  }
}

/** snmptrapd, which acknowledges informs. */
async function snmpReceiver(folder: string): Promise<Receiving & { readonly port: number }> {
  const heard = new Heard()
  const port = await freeUdpPort()
  const [configFile, mibs, state] = ['snmptrapd.conf', 'mibs', 'state'].map((name) => join(folder, name)) as [string, string, string]
  mkdirSync(state, { recursive: true })
  exportMibs(mibs, parseOid('1.3.6.1.4.1.8072.9999.9999'))
  const { user, authPassword, privPassword } = ACCOUNT
  writeFileSync(configFile, `createUser ${user} SHA-256 "${authPassword}" AES "${privPassword}"\nauthUser log ${user} priv\n`)
  const start = (): Promise<TrapDaemon> => startTrapDaemon({ port, configFile, mibs, state })
  const take = (lines: readonly string[]): void => {
    for (const line of lines) {
      const [, id, phase] = /sgEventIncident\.0 = "?([\da-f]{16})"?.*sgEventPhase\.0 = (\w+)/.exec(line) ?? phaseFirst(line)
      if (id !== undefined && phase !== undefined && /sg(Pool|Instance)/.test(line)) heard.note(id, phase)
    }
  }
  let daemon = await start()
  let taken = 0
  const takeNew = (): void => {
    take(daemon.lines.slice(taken))
    taken = daemon.lines.length
  }
  const poll = setInterval(takeNew, 100)
  return {
    heard,
    port,
    async restart() {
      await daemon.stop()
      await sleep(1500)
      takeNew()
      daemon = await start()
      taken = 0
    },
    async [Symbol.asyncDispose]() {
      clearInterval(poll)
      await daemon.stop()
    },
  }
}

function phaseFirst(line: string): readonly (string | undefined)[] {
  const [, phase, id] = /sgEventPhase\.0 = (\w+).*sgEventIncident\.0 = "?([\da-f]{16})/.exec(line) ?? []
  return ['', id, phase]
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  await once(socket, 'close')
  return port
}

/** A webhook: firing begins an incident, resolved ends it. */
async function pageReceiver(): Promise<Receiving & { readonly url: string }> {
  const heard = new Heard()
  const listen = async (port: number): Promise<http.Server> => {
    const server = http.createServer((request, response) => {
      let body = ''
      request.on('data', (chunk) => (body += chunk))
      request.on('end', () => {
        response.end('{}')
        const { incidentId, status, rule } = JSON.parse(body) as Record<'incidentId' | 'status' | 'rule', string>
        if (rule !== 'PoolExhausted' && rule !== 'InstanceDown') return // a slow machine has other reasons to page
        if (status === 'firing' || heard.raises(incidentId) === 0) heard.note(incidentId, 'raise') // one message may say both
        if (status === 'resolved') heard.note(incidentId, 'clear')
      })
    })
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return server
  }
  const close = async (server: http.Server): Promise<void> => {
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }
  let server = await listen(0)
  const { port } = server.address() as AddressInfo
  return {
    heard,
    url: `http://127.0.0.1:${port}/hook`,
    async restart() {
      await close(server)
      await sleep(1500)
      server = await listen(port)
    },
    [Symbol.asyncDispose]: () => close(server),
  }
}
