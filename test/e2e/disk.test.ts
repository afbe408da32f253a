import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { bodyOf } from '../soak/span-ledger.ts'
import { get, sql } from '../support/clients.ts'
import { processStat } from '../../runtime/src/holder/process-stat.ts'
import { ext4Disk, type FailingDisk, fullDisk, outOfInodes, usage } from '../support/failing-disk.ts'
import { canMount } from '../support/small-disk.ts'
import { shopFolder, startSuite, type Suite } from '../support/suite.ts'
import { until } from '../support/until.ts'

const settings = {
  applications: [{ name: 'shop', folder: shopFolder, contextPath: '/shop', datasources: ['shop'] }],
  datasources: [{ name: 'shop', file: ':memory:' }],
  agent: { metricsIntervalMs: 1000 },
}
const parts = ['store', 'collector', 'management', 'snmp-bridge', 'shop-1']

interface Readiness {
  readonly ready: boolean
  readonly reasons: readonly string[]
}

const readiness = async (suite: Suite): Promise<Readiness> => JSON.parse((await get(`${suite.urls.management}/ready`)).body) as Readiness

/** Requests without a pause until it is stopped; what went wrong. */
function traffic(suite: Suite) {
  const failures: string[] = []
  let served = 0
  let running = true
  const done = (async () => {
    while (running) {
      for (const path of ['/shop/products', '/shop/error']) {
        try {
          const { status } = await get(`${suite.urls.app}${path}`)
          if (status === 200 || status === 500) served++
          else failures.push(`${path}: ${status}`)
        } catch (error) {
          failures.push(`${path}: ${String(error)}`)
        }
      }
      await sleep(20)
    }
  })()
  return {
    failures,
    served: () => served,
    async stop() {
      running = false
      await done
    },
  }
}

async function traceIsStored(suite: Suite, id: string): Promise<boolean> {
  const response = await postSpan(suite, id)
  if (!response.ok) return false
  await response.arrayBuffer()
  return isStored(suite, id)
}

async function isStored(suite: Suite, id: string): Promise<boolean> {
  const [row] = await sql(suite, `SELECT count() AS n FROM spyglass.otel_traces WHERE TraceId = '${id}'`)
  return Number(row?.['n']) > 0
}

async function postSpan(suite: Suite, traceId: string): Promise<Response> {
  const headers = { 'content-type': 'application/json' }
  return fetch(`${suite.urls.otlp}/v1/traces`, { method: 'POST', headers, body: bodyOf(traceId) })
}

interface Fault {
  readonly make: () => FailingDisk
  /** What `/ready` says of it. */
  readonly reason: RegExp
  /** Whether a file that is open can still be appended to: log lines, and requests for as long as the segment is open. */
  readonly takesLines?: boolean
}

const faults: Readonly<Record<string, Fault>> = {
  'is full to the last byte': { make: () => fullDisk(64), reason: /disk .* is full/ },
  'has no inode left': { make: () => outOfInodes(256, 4000), reason: /no free inodes/, takesLines: true },
}

const FIRST = '1'.repeat(32)
const SECOND = '2'.repeat(32)

/** Looks that a stricken suite must bear, so that flushes, pulses and merges of several seconds fall into them. */
const LOOKS = 30

/** For a while under traffic: applications serve, reads answer, senders are asked to wait; nothing else. */
async function endure(suite: Suite, disk: FailingDisk, { reason, takesLines = false }: Omit<Fault, 'make'>) {
  await until(() => traceIsStored(suite, FIRST))
  const requests = traffic(suite)
  disk.strike()
  await until(async () => (await readiness(suite)).reasons.some((text) => reason.test(text)))
  const enough = requests.served() + 20
  const answers = new Set<number>()
  const isSeen = (): boolean => (takesLines || answers.has(503)) && requests.served() > enough
  for (let looks = 0; looks < LOOKS || !isSeen(); looks++) {
    answers.add(await look(suite, disk))
    await sleep(200)
  }
  return { requests, hasAcknowledged: answers.has(200) }
}

/** What a sender was answered. */
async function look(suite: Suite, disk: FailingDisk): Promise<number> {
  const response = await postSpan(suite, SECOND)
  await response.arrayBuffer()
  expect(await isStored(suite, FIRST), usage(disk.folder)).toBe(true)
  expect((await get(`${suite.urls.management}/jolokia/read/java.lang:type=Memory`)).status).toBe(200)
  expect((await get(`${suite.urls.console}/health`)).status).toBe(200)
  return response.status
}

const pidsOf = (suite: Suite): readonly number[] => parts.map((part) => suite.pidOf(part))
const logOf = (suite: Suite): string => readFileSync(join(suite.data, 'logs/server.log'), 'utf8')

test.runIf(canMount).for(Object.keys(faults))(
  'a data folder whose disk %s: applications serve, reads answer, /ready says why, and all resumes by itself',
  async (name) => {
    const { make, ...fault } = faults[name]!
    using disk = make()
    await using suite = await startSuite(disk.folder, settings)
    const pids = pidsOf(suite)
    const { requests, hasAcknowledged } = await endure(suite, disk, fault)
    disk.repair()
    await until(async () => (await readiness(suite)).ready)
    await until(() => traceIsStored(suite, '3'.repeat(32)))
    if (hasAcknowledged) await until(() => isStored(suite, SECOND))
    await requests.stop()
    expect(requests.failures).toEqual([])
    expect(pidsOf(suite)).toEqual(pids) // no process ended
    await until(() => fault.takesLines || logOf(suite).includes('log lines were dropped'))
  },
)

/** Kills every process but the holder, and waits for all of them but the bridge, which must write first. */
async function killAll(suite: Suite, reason: RegExp): Promise<void> {
  const keeper = suite.keeper.pid ?? 0
  const children = readdirSync('/proc')
    .map(Number)
    .filter((pid) => processStat(pid)?.parent === keeper)
  const isOurs = (pid: number): boolean => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('-main.') // not the orphan guard
  const killed = children.filter(isOurs)
  expect(killed.length).toBeGreaterThan(parts.length) // and the decider
  for (const pid of killed) process.kill(pid, 'SIGKILL')
  await until(() => killed.every((pid) => processStat(pid)?.parent !== keeper))
  const statusOf = async (url: string): Promise<number> => (await get(url)).status
  for (const url of [`${suite.urls.app}/shop/products`, `${suite.urls.store}/ping`, `${suite.urls.console}/health`])
    await until(async () => (await statusOf(url)) === 200)
  await until(async () => {
    const { reasons } = await readiness(suite)
    return (
      reasons.some((text) => reason.test(text)) && reasons.includes('snmp-bridge is down') && !reasons.some((text) => /unknown/.test(text))
    )
  })
  expect((await suite.run('status')).stdout).toContain('instance shop-1')
}

test.runIf(canMount).for(Object.keys(faults))(
  'all processes killed while the disk %s are back meanwhile; the bridge, which must write first, as soon as it can',
  async (name) => {
    const { make, reason } = faults[name]!
    using disk = make()
    await using suite = await startSuite(disk.folder, settings)
    disk.strike()
    await killAll(suite, reason)
    disk.repair()
    await until(async () => (await readiness(suite)).ready)
  },
)

/** An orderly stop, the repair that an administrator makes, and a start that has what was acknowledged before. */
async function stopRepairAndStart(first: Suite, disk: FailingDisk): Promise<void> {
  const ended = once(first.keeper, 'exit')
  first.keeper.kill('SIGTERM')
  expect(await ended, first.output()).toEqual([0, null])
  disk.repair()
  await using second = await startSuite(disk.folder, settings)
  const [row] = await sql(second, `SELECT count() AS n FROM spyglass.otel_traces WHERE TraceId = '${FIRST}'`)
  expect(Number(row?.['n'])).toBeGreaterThan(0)
}

test.runIf(canMount)(
  'a data folder that turned read-only: applications serve, reads answer, a stop is orderly, and the next start has all',
  async () => {
    using disk = ext4Disk(256)
    await using first = await startSuite(disk.folder, settings)
    const pids = pidsOf(first)
    const { requests } = await endure(first, disk, { reason: /read-only/ })
    await requests.stop()
    expect(requests.failures).toEqual([])
    expect(await isStored(first, FIRST)).toBe(true)
    await stopRepairAndStart(first, disk)
    expect(pids.filter((pid) => processStat(pid) !== undefined)).toEqual([])
  },
)

test.runIf(canMount)('all processes killed while a data folder is read-only are back meanwhile, and the next start has all', async () => {
  using disk = ext4Disk(256)
  await using first = await startSuite(disk.folder, settings)
  await until(() => traceIsStored(first, FIRST))
  disk.strike()
  await killAll(first, /read-only/)
  expect(await isStored(first, FIRST)).toBe(true)
  await stopRepairAndStart(first, disk)
})
