import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inheritance } from '@spyglass/process/channel'
import { writeIfChanged } from '@spyglass/process/durable-file'
import { ensureSecrets, type Secrets } from '@spyglass/process/config'
import { stringify } from 'yaml'
import { freePort } from './free-port.ts'
import { until } from './until.ts'

const MAIN = join(import.meta.dirname, '../../collector/dist/store-main.js')

/** On a busy machine a statement waits longer for a session than the default of five seconds. */
const QUEUE_MS = 60_000

export interface StoreProcess {
  readonly url: string
  readonly port: number
  readonly data: string
  readonly secrets: Secrets
  readonly child: ChildProcess
  /** Runs a statement with the reader's credentials. */
  readonly ask: (sql: string, options?: AskOptions) => Promise<Reply>
  /** Runs a statement, or an INSERT with its data, with the token of our own processes. */
  readonly own: (sql: string, options?: AskOptions) => Promise<Reply>
  kill(signal: NodeJS.Signals): Promise<void>
}

export interface AskOptions {
  readonly parameters?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array<ArrayBuffer> | string
  readonly signal?: AbortSignal
}

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

export interface StartOptions {
  /** Settings of `store`. */
  readonly store?: Readonly<Record<string, unknown>>
  /** Other sections of the configuration. */
  readonly settings?: Readonly<Record<string, unknown>>
  /** More arguments of the command. */
  readonly args?: readonly string[]
  /** An existing data folder; a temporary one otherwise. */
  readonly data?: string
  readonly port?: number
  /** Path of a socket that the store pushes its figures to every second, as under the keeper. */
  readonly registry?: string
}

/** A data folder that the caller removes with {@link removeFolder}. */
export const newDataFolder = (): string => mkdtempSync(join(tmpdir(), 'spyglass-store-'))
export const removeFolder = (folder: string): void => rmSync(folder, { recursive: true, force: true, maxRetries: 5 })

/** Starts the command as a user would, without waiting for it. */
export async function spawnStore({ store = {}, settings = {}, args = [], data = newDataFolder(), port, registry }: StartOptions = {}) {
  const listening = port ?? (await freePort())
  mkdirSync(data, { recursive: true })
  const config = join(data, 'spyglass.yaml')
  writeIfChanged(config, stringify({ data, ...settings, store: { port: listening, queueTimeoutMs: QUEUE_MS, ...store } }))
  const child = spawn(process.execPath, [MAIN, '--config', config, ...args], {
    stdio: ['ignore', args.length > 0 ? 'pipe' : 'ignore', 'pipe', registry === undefined ? 'ignore' : 'pipe'],
    env: { ...process.env, ...(registry === undefined ? {} : inheritance({ name: 'store', channel: 3, listeners: {}, registry })) },
  })
  let output = ''
  child.stderr!.setEncoding('utf8').on('data', (chunk: string) => (output += chunk))
  return { child, data, port: listening, output: () => output }
}

/** Starts a store and waits until it is ready. */
export async function startStore(options: StartOptions = {}): Promise<StoreProcess> {
  const { child, data, port, output } = await spawnStore(options)
  const url = `http://127.0.0.1:${port}/`
  await until(async () => child.exitCode !== null || (await fetch(`${url}ready`)).ok)
  if (child.exitCode !== null) throw new Error(`the store ended: ${output()}`)
  const secrets = ensureSecrets(join(data, 'secrets.yaml'))
  const { user, password } = secrets.clickhouse.reader
  const asReader = { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` }
  return {
    url,
    port,
    data,
    secrets,
    child,
    ask: (sql, given = {}) => request(url, { ...given, headers: { ...asReader, ...given.headers } }, sql),
    own: (sql, given = {}) => request(url, { ...given, headers: { 'x-spyglass-token': secrets.internal.token, ...given.headers } }, sql),
    async kill(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill(signal)
      await once(child, 'exit')
    },
  }
}

async function request(url: string, { parameters = {}, headers = {}, body, signal }: AskOptions, sql: string): Promise<Reply> {
  const insert = /^\s*INSERT/i.test(sql) && 'x-spyglass-token' in headers
  const query = new URLSearchParams({ ...parameters, ...(insert ? { query: sql } : {}) })
  const response = await fetch(`${url}?${query.toString()}`, {
    method: 'POST',
    headers: { ...headers },
    ...(insert && body === undefined ? {} : { body: insert ? body! : sql }),
    ...(signal ? { signal } : {}),
  })
  return { status: response.status, headers: response.headers, text: await response.text() }
}
