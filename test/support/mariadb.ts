import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { TestContext } from 'vitest'
import { freePort } from './free-port.ts'
import { requireTool } from './require-tool.ts'
import { serverFolder, startServerProcess, type TestServer, unprivileged } from './server-process.ts'

export interface MariaDb extends TestServer {
  readonly user: string
  readonly password: string
  readonly database: string
}

const [USER, PASSWORD, DATABASE] = ['spyglass', 'not-a-secret', 'shop']

/** A MariaDB of its own in a temporary folder, on a free port of the loopback address. Skips the test where it is not installed. */
export async function startMariaDb(context: TestContext): Promise<MariaDb> {
  const program = requireTool(context, 'mariadbd')
  const account = unprivileged('mysql')
  const folder = serverFolder('mariadb', account)
  const data = join(folder, 'data')
  const install = ['--no-defaults', `--datadir=${data}`, '--auth-root-authentication-method=normal', '--skip-test-db']
  const made = spawnSync(requireTool(context, 'mariadb-install-db'), install, { ...account, cwd: folder })
  if (made.status !== 0) throw new Error(`mariadb-install-db: ${made.stdout.toString()}${made.stderr.toString()}`)
  const port = await freePort()
  const socket = join(folder, 'socket')
  const args = ['--no-defaults', `--datadir=${data}`, `--port=${port}`, '--bind-address=127.0.0.1', `--socket=${socket}`]
  const tuning = ['--innodb-flush-log-at-trx-commit=0', '--innodb-buffer-pool-size=16M', `--pid-file=${join(folder, 'pid')}`]
  const server = await startServerProcess(program, [...args, ...tuning], { account, folder, ready: 'ready for connections' })
  const sql = `CREATE DATABASE ${DATABASE}; CREATE USER '${USER}'@'%' IDENTIFIED BY '${PASSWORD}'; GRANT ALL ON *.* TO '${USER}'@'%' WITH GRANT OPTION;`
  const granted = spawnSync(requireTool(context, 'mariadb'), ['--no-defaults', `--socket=${socket}`, '-u', 'root', '-e', sql])
  if (granted.status !== 0) throw new Error(`mariadb: ${granted.stderr.toString()}`)
  return { host: '127.0.0.1', port, user: USER, password: PASSWORD, database: DATABASE, stop: () => server.stop('SIGTERM') }
}
