import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { TestContext } from 'vitest'
import { freePort } from './free-port.ts'
import { requireTool } from './require-tool.ts'
import { serverFolder, startServerProcess, type TestServer, unprivileged } from './server-process.ts'

export interface Postgres extends TestServer {
  readonly user: string
  readonly database: string
}

export interface PostgresOptions {
  readonly port?: number
  /** Default: everybody is trusted. */
  readonly password?: string
}

/** A PostgreSQL of its own in a temporary folder, on a free port of the loopback address. Skips the test where it is not installed. */
export async function startPostgres(context: TestContext, { port: wanted, password }: PostgresOptions = {}): Promise<Postgres> {
  const bin = dirname(requireTool(context, 'initdb'))
  const account = unprivileged('postgres')
  const folder = serverFolder('postgres', account)
  const data = join(folder, 'data')
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, password ?? 'none', { mode: 0o644 })
  const access = password === undefined ? ['-A', 'trust'] : ['-A', 'scram-sha-256', `--pwfile=${passwordFile}`]
  const made = spawnSync(join(bin, 'initdb'), ['-D', data, '-U', 'spyglass', ...access, '--no-sync', '-E', 'UTF8'], account)
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr.toString()}`)
  const port = wanted ?? (await freePort())
  const args = ['-D', data, '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-k', folder, '-c', 'fsync=off']
  const server = await startServerProcess(join(bin, 'postgres'), args, { account, folder, ready: 'ready to accept connections' })
  return {
    host: '127.0.0.1',
    port,
    user: 'spyglass',
    database: 'postgres',
    // SIGINT is PostgreSQL's fast shutdown: it does not wait for clients.
    stop: () => server.stop('SIGINT'),
  }
}
