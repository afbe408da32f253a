import { spawn, spawnSync } from 'node:child_process'
import { chownSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'vitest'
import { freePort } from './free-port.ts'
import { requireTool } from './require-tool.ts'
import { until } from './until.ts'

export interface Postgres {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
  stop(): Promise<void>
}

/** A PostgreSQL of its own in a temporary folder, on a free port of the loopback address. Leaves the test out where it is not installed. */
export async function startPostgres(context: TestContext): Promise<Postgres> {
  const bin = dirname(requireTool(context, 'initdb'))
  const folder = mkdtempSync(join(tmpdir(), 'spyglass-postgres-'))
  const account = unprivileged()
  if (account.uid !== undefined) chownSync(folder, account.uid, account.gid)
  const data = join(folder, 'data')
  const made = spawnSync(join(bin, 'initdb'), ['-D', data, '-U', 'spyglass', '-A', 'trust', '--no-sync', '-E', 'UTF8'], account)
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr.toString()}`)
  const port = await freePort()
  const args = ['-D', data, '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-k', folder, '-c', 'fsync=off']
  const server = spawn(join(bin, 'postgres'), args, { ...account, stdio: ['ignore', 'ignore', 'pipe'] })
  const exited = new Promise<void>((resolve) => server.once('exit', () => resolve()))
  let log = ''
  server.stderr.on('data', (piece: Buffer) => (log += piece.toString()))
  await until(() => log.includes('ready to accept connections'))
  return {
    host: '127.0.0.1',
    port,
    user: 'spyglass',
    database: 'postgres',
    async stop() {
      // SIGINT is PostgreSQL's fast shutdown: it does not wait for clients.
      server.kill('SIGINT')
      await exited
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** PostgreSQL refuses to run as root; the account that it, or failing that nobody, has is taken instead. */
function unprivileged(): { uid: number; gid: number } | { uid?: never; gid?: never } {
  if (process.getuid?.() !== 0) return {}
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  const found = accounts.find(([name]) => name === 'postgres') ?? accounts.find(([name]) => name === 'nobody')
  return found ? { uid: Number(found[2]), gid: Number(found[3]) } : {}
}
