import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { TestContext } from 'vitest'
import { freePort } from './free-port.ts'
import { requireTool } from './require-tool.ts'
import { serverFolder, type StartedServer, startServerProcess, type TestServer, unprivileged } from './server-process.ts'

export interface MariaDb extends TestServer {
  readonly user: string
  readonly password: string
  readonly database: string
}

/** A server whose process comes and goes. */
export interface MariaDbNode extends MariaDb {
  /** As in a crash. Its data stay. */
  kill(): Promise<void>
  /** Starts what was killed with the data that it had. */
  revive(): Promise<void>
  /** Runs statements as root; the answer without headings. */
  asRoot(sql: string): string
}

const [USER, PASSWORD, DATABASE] = ['spyglass', 'not-a-secret', 'shop']

/** A MariaDB of its own in a temporary folder, on a free port of the loopback address. Skips the test where it is not installed. */
export async function startMariaDb(context: TestContext): Promise<MariaDb> {
  return await startNode(context, [], ACCOUNT)
}

const ACCOUNT = `CREATE DATABASE ${DATABASE}; CREATE USER '${USER}'@'%' IDENTIFIED BY '${PASSWORD}'; GRANT ALL ON *.* TO '${USER}'@'%' WITH GRANT OPTION;`

/** GRANT ALL would include writing to what is read-only. */
const GROUP_ACCOUNT = `CREATE DATABASE ${DATABASE}; CREATE USER '${USER}'@'%' IDENTIFIED BY '${PASSWORD}'; GRANT ALL ON ${DATABASE}.* TO '${USER}'@'%'; GRANT SLAVE MONITOR, REPLICATION SLAVE ON *.* TO '${USER}'@'%';`

/** It waits for a replica at each commit, if it has one (semi-synchronous, lossless), and so does the one that replaces it. */
export async function startMariaDbPrimary(context: TestContext): Promise<MariaDbNode> {
  const binlog = ['--server-id=1', '--log-bin=log', '--log-slave-updates', '--sync-binlog=0']
  const waits = [
    '--rpl-semi-sync-master-enabled=ON',
    '--rpl-semi-sync-master-wait-point=AFTER_SYNC',
    '--rpl-semi-sync-master-timeout=3600000',
  ]
  return await startNode(context, [...binlog, ...waits, '--rpl-semi-sync-master-wait-no-slave=OFF'], GROUP_ACCOUNT)
}

/** A read-only replica of it, which follows already. */
export async function startMariaDbReplica(context: TestContext, { host, port }: MariaDb, serverId = 2): Promise<MariaDbNode> {
  const binlog = [`--server-id=${serverId}`, '--log-bin=log', '--log-slave-updates', '--sync-binlog=0', '--read-only=ON']
  const from = `MASTER_HOST='${host}', MASTER_PORT=${port}, MASTER_USER='${USER}', MASTER_PASSWORD='${PASSWORD}', MASTER_USE_GTID=slave_pos`
  const follow = `CHANGE MASTER TO ${from}; START SLAVE;`
  return await startNode(context, [...binlog, '--rpl-semi-sync-slave-enabled=ON'], follow)
}

async function startNode(context: TestContext, options: readonly string[], sql: string): Promise<MariaDbNode> {
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
  const start = (): Promise<StartedServer> =>
    startServerProcess(program, [...args, ...tuning, ...options], { account, folder, ready: 'ready for connections' })
  let server = await start()
  const asRoot = (statements: string): string => {
    const ran = spawnSync(requireTool(context, 'mariadb'), ['--no-defaults', `--socket=${socket}`, '-u', 'root', '-N', '-e', statements])
    if (ran.status !== 0) throw new Error(`mariadb: ${ran.stderr.toString()}`)
    return ran.stdout.toString()
  }
  asRoot(sql)
  return {
    host: '127.0.0.1',
    port,
    user: USER,
    password: PASSWORD,
    database: DATABASE,
    stop: () => server.stop('SIGTERM'),
    kill: () => server.kill('SIGKILL'),
    async revive() {
      server = await start()
    },
    asRoot,
  }
}
