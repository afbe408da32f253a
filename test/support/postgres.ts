import { spawnSync } from 'node:child_process'
import { realpathSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { TestContext } from 'vitest'
import { freePort } from './free-port.ts'
import { requireTool } from './require-tool.ts'
import { type Account, serverFolder, type StartedServer, startServerProcess, type TestServer, unprivileged } from './server-process.ts'

export interface Postgres extends TestServer {
  readonly user: string
  readonly database: string
}

export interface PostgresOptions {
  readonly port?: number
  /** Default: everybody is trusted. */
  readonly password?: string
}

const USER = 'spyglass'

/** A PostgreSQL of its own in a temporary folder, on a free port of the loopback address. Skips the test where it is not installed. */
export async function startPostgres(context: TestContext, options: PostgresOptions = {}): Promise<PostgresNode> {
  const { password } = options
  return await startNode(context, options, (bin, { account, folder, data }) => {
    const passwordFile = join(folder, 'password')
    writeFileSync(passwordFile, password ?? 'none', { mode: 0o644 })
    const access = password === undefined ? ['-A', 'trust'] : ['-A', 'scram-sha-256', `--pwfile=${passwordFile}`]
    return spawnSync(join(bin, 'initdb'), ['-D', data, '-U', USER, ...access, '--no-sync', '-E', 'UTF8'], account)
  })
}

/** A standby of a server that trusts everybody. */
export async function startPostgresStandby(context: TestContext, primary: Postgres, options: PostgresOptions = {}): Promise<PostgresNode> {
  return await startNode(context, options, (bin, { account, data }) => {
    const from = ['-h', primary.host, '-p', String(primary.port), '-U', USER]
    return spawnSync(join(bin, 'pg_basebackup'), ['-D', data, ...from, '-R', '-X', 'stream', '-c', 'fast', '--no-sync'], account)
  })
}

/** A server whose process comes and goes. */
export interface PostgresNode extends Postgres {
  /** As in a crash: at once, without a word to clients or standbys. Its data stay. */
  kill(): Promise<void>
  /** Starts what was killed with the data that it had. */
  revive(): Promise<void>
  /** Makes the primary of a standby. */
  promote(): void
}

interface Place {
  readonly account: Account
  readonly folder: string
  readonly data: string
}

type Made = (bin: string, place: Place) => { readonly status: number | null; readonly stderr: Buffer; readonly error?: Error | undefined }

async function startNode(context: TestContext, { port: wanted }: PostgresOptions, make: Made): Promise<PostgresNode> {
  const bin = dirname(realpathSync(requireTool(context, 'initdb'))) // its neighbours are there alone
  const account = unprivileged('postgres')
  const folder = serverFolder('postgres', account)
  const place = { account, folder, data: join(folder, 'data') }
  const made = make(bin, place)
  if (made.status !== 0) throw new Error(`PostgreSQL: ${made.error?.message ?? made.stderr.toString()}`)
  const port = wanted ?? (await freePort())
  const start = (): Promise<StartedServer> => startServer(bin, place, port)
  let server = await start()
  return {
    host: '127.0.0.1',
    port,
    user: USER,
    database: 'postgres',
    // SIGINT is PostgreSQL's fast shutdown: it does not wait for clients.
    stop: () => server.stop('SIGINT'),
    kill: () => server.kill('SIGQUIT'),
    async revive() {
      server = await start()
    },
    promote() {
      const promoted = spawnSync(join(bin, 'pg_ctl'), ['promote', '-w', '-D', place.data], account)
      if (promoted.status !== 0) throw new Error(`pg_ctl: ${promoted.stderr.toString()}`)
    },
  }
}

async function startServer(bin: string, { account, folder, data }: Place, port: number): Promise<StartedServer> {
  const args = ['-D', data, '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-k', folder, '-c', 'fsync=off']
  return await startServerProcess(join(bin, 'postgres'), args, { account, folder, ready: /ready to accept (read-only )?connections/ })
}
