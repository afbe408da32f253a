/** Faults of a whole running suite: kills, stops, disks and damaged files, each under a sender that keeps a ledger. */
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { processesWith, processStat } from '../../runtime/src/holder/process-stat.ts'
import { type FailingDisk, fullDisk, outOfInodes } from '../support/failing-disk.ts'
import { canMount } from '../support/small-disk.ts'
import { runCli, shopFolder, startSuite, type Suite } from '../support/suite.ts'
import { until } from '../support/until.ts'
import type { FaultRow } from './fault-table.ts'
import { countSql, startLedger } from './span-ledger.ts'

const PARTS = ['store', 'collector', 'management', 'snmp-bridge', 'shop-1'] as const
const SETTINGS = {
  applications: [{ name: 'shop', folder: shopFolder, contextPath: '/shop', datasources: ['shop'] }],
  datasources: [{ name: 'shop', file: ':memory:' }],
}
const START_MS = 120_000
/** Within this a fault is seen by one who asks, or never. */
const NOTICED_MS = 15_000

/** Kills of each process while it serves, then while it starts: the second kill meets the process that follows the first. */
export async function kills(): Promise<readonly FaultRow[]> {
  return await onSuite(async (suite) => {
    const rows: FaultRow[] = []
    for (const part of PARTS) {
      rows.push(await underLoad(suite, `kill -9 of ${part}`, 1, () => kill(suite.pidOf(part))))
      rows.push(
        await underLoad(suite, `kill -9 of ${part}, and twice more while it starts`, 3, async () => {
          for (let pid = suite.pidOf(part), i = 0; i < 3; i++) {
            kill(pid)
            pid = await until(() => successorOf(suite, part, pid))
            await sleep(250) // it loads its modules
          }
        }),
      )
    }
    rows.push(
      await underLoad(suite, 'SIGSTOP of store, bridge and instance', 3, () => {
        for (const part of ['store', 'snmp-bridge', 'shop-1']) process.kill(suite.pidOf(part), 'SIGSTOP')
      }),
    )
    return rows
  })
}

/** Kills of the keeper: while it serves, and at moments of its start. */
export async function keeperKills(): Promise<readonly FaultRow[]> {
  return await inFolder(async (folder) => {
    const serving = await keeperKill(folder)
    const moments = [400, 1200, 2400]
    let orphans = 0
    for (const ms of moments) {
      const keeper = runCli(['up', '--config', join(folder, 'spyglass.yaml')])
      await sleep(ms) // the moment is the fault
      keeper.kill('SIGKILL')
      orphans += await orphansOf(join(folder, 'd'))
    }
    const startedAt = performance.now()
    const suite = await startSuite(folder, SETTINGS)
    const starting: FaultRow = {
      fault: 'kill -9 of the keeper while it starts',
      times: moments.length,
      orphans,
      seconds: since(startedAt),
      ...(await audit(suite, serving.ids)),
    }
    await suite[Symbol.asyncDispose]()
    return [serving.row, starting]
  })
}

async function keeperKill(folder: string): Promise<{ row: FaultRow; ids: readonly string[] }> {
  const first = await startSuite(folder, SETTINGS)
  const ledger = startLedger(first.urls.otlp)
  await sleep(2000)
  first.keeper.kill('SIGKILL')
  await once(first.keeper, 'exit')
  const killedAt = performance.now()
  const ids = ledger.acknowledged.slice()
  void ledger.stop()
  const second = await startSuite(folder, SETTINGS)
  const seconds = since(killedAt)
  const row: FaultRow = { fault: 'kill -9 of the keeper, new start at once', times: 1, orphans: 0, seconds, ...(await audit(second, ids)) }
  await second[Symbol.asyncDispose]()
  return { row, ids }
}

/** Disks that take nothing for ten seconds. */
export async function disks(): Promise<readonly FaultRow[]> {
  if (!canMount) return []
  const rows: FaultRow[] = []
  const faults: readonly (readonly [string, () => FailingDisk])[] = [
    ['disk full to the last byte for 10 s', () => fullDisk(64)],
    ['no inode left for 10 s', () => outOfInodes(256, 4000)],
  ]
  for (const [fault, make] of faults) {
    using disk = make()
    await using suite = await startSuite(disk.folder, SETTINGS)
    const strike = async (): Promise<void> => {
      disk.strike()
      await sleep(10_000)
      disk.repair()
    }
    rows.push(await underLoad(suite, fault, 1, strike))
  }
  return rows
}

const GARBAGE: readonly (readonly [string, string])[] = [
  ['empty', ''],
  ['cut off', '{"checksum":"00'],
  ['garbage', '\0\u0001garbage'],
]

/** Every file of state damaged at once, in three ways, between a stop and a start. */
export async function damagedFiles(): Promise<readonly FaultRow[]> {
  return await inFolder(async (folder) => {
    let suite = await startSuite(folder, SETTINGS)
    const ledger = startLedger(suite.urls.otlp)
    await sleep(2000)
    await ledger.stop()
    const rows: FaultRow[] = []
    for (const [how, content] of GARBAGE) {
      await suite[Symbol.asyncDispose]()
      const damaged = damage(join(folder, 'd'), content)
      const startedAt = performance.now()
      suite = await startSuite(folder, SETTINGS)
      const seconds = since(startedAt)
      const fault = `every state file ${how}`
      rows.push({ fault, times: damaged, orphans: 0, seconds, ...(await audit(suite, ledger.acknowledged)) })
    }
    await suite[Symbol.asyncDispose]()
    return rows
  })
}

function damage(data: string, content: string): number {
  const entries = ['state', 'run', 'administration'].flatMap((folder) =>
    readdirSync(join(data, folder), { recursive: true, withFileTypes: true }),
  )
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  const whole = files.filter((file) => !file.includes('.damaged-') && !file.endsWith('.previous'))
  for (const file of whole) writeFileSync(file, content)
  return whole.length
}

/** Makes the fault under a sender, waits until all is ready, and compares the ledger with the store. */
async function underLoad(suite: Suite, fault: string, times: number, make: () => void | Promise<void>): Promise<FaultRow> {
  const ledger = startLedger(suite.urls.otlp)
  await sleep(1000)
  const struckAt = performance.now()
  await make()
  const isNoticed = await until(async () => !(await isReady(suite)), NOTICED_MS).then(
    () => true,
    () => false, // it was over at once
  )
  await until(() => isReady(suite), START_MS)
  const seconds = isNoticed ? since(struckAt) : 0
  await sleep(500)
  await ledger.stop()
  return { fault, times, orphans: 0, seconds, ...(await audit(suite, ledger.acknowledged)) }
}

/** What is missing and what is there twice, once the store has what it was sent. */
async function audit(suite: Suite, ids: readonly string[]): Promise<Pick<FaultRow, 'acknowledged' | 'lost' | 'doubled'>> {
  let counts = new Map<string, number>()
  const missing = (): readonly string[] => ids.filter((id) => !counts.has(id))
  await until(async () => {
    counts = await stored(suite)
    return missing().length === 0
  }).catch(() => {}) // what is missing then is lost
  return { acknowledged: ids.length, lost: missing().length, doubled: ids.filter((id) => (counts.get(id) ?? 0) > 1).length }
}

async function stored(suite: Suite): Promise<Map<string, number>> {
  const { user, password } = suite.secrets.clickhouse.reader
  const headers = { 'X-ClickHouse-User': user, 'X-ClickHouse-Key': password }
  const response = await fetch(`${suite.urls.store}/?default_format=TSV`, { method: 'POST', headers, body: countSql })
  const lines = (await response.text()).trim().split('\n')
  return new Map(lines.map((line) => line.split('\t')).map(([id = '', n]) => [id, Number(n)]))
}

async function isReady(suite: Suite): Promise<boolean> {
  const answers = await Promise.all(
    [`${suite.urls.management}/ready`, `${suite.urls.app}/shop/health`, `${suite.urls.console}/ready`].map(statusOf),
  )
  return answers.every((status) => status === 200)
}

function statusOf(url: string): Promise<number> {
  return new Promise((resolve) => {
    const request = http.get(url, { agent: false, timeout: 2000 }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    request.on('error', () => resolve(0)).on('timeout', () => request.destroy())
  })
}

/** The process that has taken the part's place, by its command line. */
function successorOf(suite: Suite, part: string, before: number): number | undefined {
  const script = part === 'shop-1' ? 'instance-main' : `${part}-main`
  return living(suite.data).find((pid) => pid !== before && processStat(pid)?.parent === suite.keeper.pid && isRunning(pid, script))
}

function isRunning(pid: number, script: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(script)
  } catch {
    return false // it has ended
  }
}

const living = (data: string): readonly number[] =>
  processesWith(`SPYGLASS_SERVER_DATA=${data}`).filter((pid) => processStat(pid)?.state !== 'Z')

/** How many are left five seconds after the keeper's end; the soak continues when all are gone. */
async function orphansOf(data: string): Promise<number> {
  await until(() => living(data).length === 0).catch(() => {})
  return living(data).length
}

function kill(pid: number): void {
  process.kill(pid, 'SIGKILL')
}

const since = (from: number): number => (performance.now() - from) / 1000

async function onSuite<T>(work: (suite: Suite) => Promise<T>): Promise<T> {
  return await inFolder(async (folder) => {
    await using suite = await startSuite(folder, SETTINGS)
    return await work(suite)
  })
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'spyglass-faults-'))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}
