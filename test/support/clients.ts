/** Small real clients that several end-to-end tests use. */
import { execFile } from 'node:child_process'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'
import type { Suite } from './suite.ts'

const execFileAsync = promisify(execFile)

/** Runs a command and returns its output; the promise rejects when it ends with another code than 0. */
export async function command(name: string, args: readonly string[]): Promise<string> {
  return (await execFileAsync(name, [...args], { maxBuffer: 64 * 1024 * 1024 })).stdout
}

/** One statement by ClickHouse HTTP with the reader's password; the rows as objects. */
export async function sql(suite: Suite, statement: string): Promise<Record<string, unknown>[]> {
  const { user, password } = suite.secrets.clickhouse.reader
  const response = await fetch(`${suite.urls.store}/?default_format=JSONEachRow`, {
    method: 'POST',
    headers: { 'X-ClickHouse-User': user, 'X-ClickHouse-Key': password },
    body: statement,
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${response.status}: ${text}`)
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

export interface ConsoleRequest {
  readonly method?: 'POST' | 'DELETE'
  /** Sent as JSON. */
  readonly body?: unknown
}

/** The console's API, with its user and password. */
// eslint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller knows the shape of the answer it asks for
export async function consoleApi<T>(suite: Suite, path: string, request: ConsoleRequest = {}): Promise<T> {
  const { user, password } = suite.secrets.console
  const response = await fetch(`${suite.urls.console}/api/v1/${path}`, {
    method: request.method ?? 'GET',
    headers: {
      authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
      ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
  })
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`)
  return (await response.json()) as T
}

/** A GET on a connection of its own: one that was kept alive dies with the process behind it. */
export function get(url: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    http
      .get(url, { agent: false }, (response) => {
        let body = ''
        response.on('data', (chunk) => (body += chunk))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
      })
      .on('error', reject)
  })
}

/** A receiver of webhooks: what it got, in order. */
// eslint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller knows the shape of the pages it expects
export async function webhookReceiver<T>(): Promise<{ url: string; got: T[] }> {
  const got: T[] = []
  const server = http.createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += chunk))
    request.on('end', () => {
      got.push(JSON.parse(body) as T)
      response.end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, got }
}
