/** A holder and a decider in the process of the test, with real children and a reporter that collects. */
import { writeFileSync } from 'node:fs'
import http from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { INSPECT_FLAG } from '../../../runtime/src/decider/blocked-stack.ts'
import { reportFlags } from '../../../runtime/src/decider/crash-report.ts'
import { Decider } from '../../../runtime/src/decider/decider.ts'
import type { Policy } from '../../../runtime/src/decider/reconciler/index.ts'
import { historyOf, servingOf } from '../../../runtime/src/decider/reconciler/index.ts'
import type { Ended, Reporter } from '../../../runtime/src/decider/reporter.ts'
import type { ProcessPlan, ServerPlan } from '../../../runtime/src/decider/server-plan.ts'
import { Holder } from '../../../runtime/src/holder/holder.ts'
import type { ListenerAddress, Report } from '../../../runtime/src/holder/orders.ts'
import { freePort } from '../../support/free-port.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { until } from '../../support/until.ts'

const script = fileURLToPath(new URL('../../fixtures/keeper/child.ts', import.meta.url))
const standIn = fileURLToPath(new URL('../../../runtime/src/stand-in/stand-in-main.ts', import.meta.url))
const execArgv = ['--conditions=spyglass-source']

const policy: Policy = {
  startPatienceMs: 20_000,
  hangPatienceMs: 30_000,
  drainMs: 5000,
  stopMs: 1000,
  closeMs: 0,
  backOffFirstMs: 20,
  backOffMostMs: 40,
  healthyAfterMs: 20_000,
  healthDelayMs: 0,
  quarantineAfter: 1000,
  quarantineRetryMs: 1000,
}

export interface KeeperSetup {
  readonly mode: string
  readonly names?: readonly string[]
  readonly overlaps?: boolean
  readonly policy?: Partial<Policy>
  readonly prepare?: () => void
  /** A program without a channel, in place of the child whose mode is set. */
  readonly program?: string
  readonly tickMs?: number
}

/** What a process of this setup is called. */
const NAME = 'part-1'

export async function startKeeper(setup: KeeperSetup) {
  const { mode, names = [NAME], overlaps = true, prepare = () => {}, tickMs = 1000 } = setup
  const listener: ListenerAddress = { id: 'http', name: 'listeners.http.port', host: '127.0.0.1', port: await freePort() }
  const modeFile = join(tempFolder(), 'mode')
  const reports = tempFolder()
  /** The mode of the child may change between generations: it is read from a file. */
  const become = (next: string): void => writeFileSync(modeFile, next)
  become(mode)
  const processOf = (name: string): ProcessPlan => ({
    process: { name, group: 'part', kind: 'instance', listeners: ['http'], overlaps, stage: 0, policy: { ...policy, ...setup.policy } },
    launch: {
      name,
      script: setup.program ?? script,
      args: [modeFile],
      execArgv: [...execArgv, '--max-old-space-size=32', INSPECT_FLAG, ...reportFlags(reports)],
      env: {},
      listeners: { http: 'http' },
      hasChannel: setup.program === undefined,
    },
    reports,
  })
  const plan: ServerPlan = {
    serverName: 'test',
    serverId: 'id',
    version: '0',
    dataRoot: '',
    runFolder: '',
    logFile: 'server.log',
    listeners: [listener],
    ports: [],
    processes: names.map(processOf),
    routing: {},
    addresses: {},
    disabled: [],
    standIn: { script: standIn, args: ['--data', tempFolder()], execArgv, env: {} },
    standInPolicy: policy,
    registry: join(tempFolder(), 'registry.sock'), // nobody listens there
    sockets: [],
    prepare,
  }
  const seen = {
    downs: [] as string[],
    ready: [] as string[],
    gone: [] as string[],
    stacks: [] as (readonly string[])[],
    problems: [] as (string | undefined)[],
    ticks: 0,
  }
  let exitCode: number | undefined
  let receive = (_report: Report): void => {}
  const holder = new Holder({
    attach: (_source, stdout, stderr) => void [stdout, stderr].map((stream) => stream?.resume()),
    guard: { watch: () => {}, forget: () => {} },
    report: (report) => receive(report),
    onEnd: (code) => (exitCode = code),
  })
  let ticking: NodeJS.Timeout | undefined
  let decider: Decider

  function decide(): void {
    clearInterval(ticking)
    const mine: Decider = (decider = new Decider({
      plan,
      order: (order) => decider === mine && holder.obey(order), // one that was replaced has no say
      reporter: () => collector(seen) as unknown as Reporter,
    }))
    receive = (report) => decider.onReport(report)
    holder.isHeard = true
    decider.onReport(holder.state)
    ticking = setInterval(() => mine.tick(), tickMs)
  }

  decide()
  onTestFinished(async () => {
    holder.isStopping = true
    decider.stop()
    await until(() => exitCode !== undefined)
    clearInterval(ticking)
  })
  return {
    get decider() {
      return decider
    },
    ...seen,
    seen,
    port: listener.port,
    become,
    history: (name = NAME) => historyOf(decider.actual, name),
    pid: (name = NAME) => decider.pids.get(servingOf(decider.actual, name)?.id ?? 0),
    isServing: (name = NAME) => servingOf(decider.actual, name) !== undefined,
    exitCode: () => exitCode,
    /** As when the decider is killed and started again; `whileAway` happens in between. */
    async restartDecider(whileAway: () => Promise<void> | void = () => {}) {
      receive = () => {}
      holder.isHeard = false
      clearInterval(ticking)
      decider = undefined as never
      await whileAway()
      decide()
    },
  }
}

/** In place of the reporter. */
function collector(seen: {
  downs: string[]
  ready: string[]
  gone: string[]
  stacks: (readonly string[])[]
  problems: (string | undefined)[]
  ticks: number
}) {
  return {
    memo: { isReady: true, lastReasons: [], openIncidents: [] },
    adopt() {},
    tick: () => void seen.ticks++,
    stopping() {},
    stopped() {},
    cut() {},
    health: (_generation: unknown, problem: string | undefined) => seen.problems.push(problem),
    hung: (_generation: unknown, stack: readonly string[]) => seen.stacks.push(stack),
    judged() {},
    listenerFailed() {},
    pending: () => [],
    ready: ({ process }: { process: { name: string } }) => seen.ready.push(process.name),
    ended({ generation, failure }: Ended) {
      seen.gone.push(generation.process.name)
      if (generation.state !== 'stopping') seen.downs.push(failure.message)
    },
  }
}

export function get(port: number, path = '/'): Promise<{ status: number; body: string; retryAfter: string | undefined }> {
  return new Promise((resolve, reject) => {
    http
      .get({ port, host: '127.0.0.1', path, agent: false }, (response) => {
        let body = ''
        response.on('data', (chunk) => (body += chunk))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body, retryAfter: response.headers['retry-after'] }))
      })
      .on('error', reject)
  })
}
