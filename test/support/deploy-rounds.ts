/** Deploys and reloads an application again and again under load, and says what that left in the server. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connectAdministration } from '@spyglass/process/admin-socket'
import { commandOf, processTree } from '../../bench/process-usage.ts'
import { HeapGauge, INSPECTABLE } from './heap.ts'
import { type Traffic, underLoad } from './request-load.ts'
import { serverAlone, startSuite, type Suite } from './suite.ts'

export const KEPT_VERSIONS = 3
/** Connections that come and go, as that of a process that starts; each round that left one would show at once. */
export const PASSING_DESCRIPTORS = 4

/** What a process of ours holds. */
export interface Holding {
  readonly heapBytes: number
  readonly descriptors: number
}

export interface Holdings {
  readonly holder: Holding
  readonly decider: Holding
  /** Folders of versions of the application. */
  readonly versions: number
}

/** A server with one application, whose versions answer with their number. */
export class DeployRounds implements AsyncDisposable {
  readonly #suite: Suite
  readonly #source: string
  readonly #gauges: readonly [holder: HeapGauge, decider: HeapGauge]
  readonly #pids: readonly [holder: number, decider: number]
  readonly #client: Awaited<ReturnType<typeof connectAdministration>>
  #deployed = 0

  private constructor(suite: Suite, folder: string, client: Awaited<ReturnType<typeof connectAdministration>>) {
    this.#suite = suite
    this.#client = client
    this.#source = join(folder, 'shop')
    const holder = suite.keeper.pid ?? 0
    const decider = processTree(holder).find((pid) => commandOf(pid) === 'decider-main') ?? 0
    this.#pids = [holder, decider]
    this.#gauges = [new HeapGauge(holder), new HeapGauge(decider)]
  }

  /** `folder` is empty and removed by the caller. */
  static async start(folder: string): Promise<DeployRounds> {
    const commandLine = { ...serverAlone, env: { ...process.env, NODE_OPTIONS: INSPECTABLE } }
    const suite = await startSuite(folder, { deployment: { keptVersions: KEPT_VERSIONS } }, [], commandLine)
    const client = await connectAdministration({ dataFolder: suite.data, run: join(suite.data, 'run') })
    const rounds = new DeployRounds(suite, folder, client)
    await rounds.deploy()
    return rounds
  }

  async deploy(): Promise<void> {
    mkdirSync(this.#source, { recursive: true })
    writeFileSync(join(this.#source, 'package.json'), '{"name":"shop","type":"module","main":"index.js"}')
    const answer = `v${++this.#deployed}`
    const program = `import http from 'node:http'\nhttp.createServer((request, response) => response.end('${answer}')).listen(3000)\n`
    writeFileSync(join(this.#source, 'index.js'), program)
    await this.#invoke('server.deploy', { source: this.#source, settings: { contextPath: '/' } })
  }

  async reload(): Promise<void> {
    await this.#invoke('applications.shop.reload')
  }

  underLoad(action: () => Promise<void>): Promise<Traffic> {
    return underLoad(this.#suite.urls.app, /^200 v\d+$/, action)
  }

  async holdings(): Promise<Holdings> {
    const [holder, decider] = await Promise.all(
      this.#gauges.map(async (gauge, at): Promise<Holding> => {
        const heapBytes = await gauge.usedBytes()
        return { heapBytes, descriptors: readdirSync(`/proc/${this.#pids[at]}/fd`).length }
      }),
    )
    const versions = readdirSync(join(this.#suite.data, 'applications/shop')).filter((name) => /^\d+$/.test(name)).length
    return { holder: holder!, decider: decider!, versions }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client[Symbol.dispose]()
    await this.#suite[Symbol.asyncDispose]()
  }

  async #invoke(name: string, given: Readonly<Record<string, unknown>> = {}): Promise<void> {
    await this.#client.call('invoke', { name, arguments: given, options: {} }, { timeoutMs: 300_000 })
  }
}
