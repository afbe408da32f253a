/** MySQL, MariaDB, and databases that speak their protocol, by the application's package mysql2. */
import type { DatasourceConfig } from '@spyglass/process/config'
import type { Adapter, DriverSurroundings } from '../adapter.ts'
import { driverModule } from '../driver-module.ts'
import type { Driver } from '../driver.ts'
import { passwordOf, serverAddress, targetOf } from '../server-address.ts'
import { called, Mysql2Connection, mysqlRun } from './mysql2-connection.ts'
import type { MysqlConnection, MysqlModule, MysqlPoolBase } from './mysql2-module.ts'
import { mysqlPoolOf, OPENS_NONE } from './mysql2-pool.ts'
import { mysql2Sessions } from './mysql2-sessions.ts'
import { mysql2Standing } from './mysql2-standing.ts'

const PACKAGE = { name: 'mysql2', from: '3.0.0', before: '4.0.0' } as const
const DEFAULT_PORT = 3306

/** For a connection of a member that no pool of mysql2 has lent yet. */
const NO_POOL = { _closed: true }

export const mysql2Adapter: Adapter<MysqlPoolBase> = {
  open(config, { applicationFolders }: DriverSurroundings) {
    const mysql = driverModule(PACKAGE, config.name, applicationFolders) as MysqlModule
    let present = config
    let face: MysqlPoolBase | undefined
    return {
      driver: mysqlDriver(
        mysql,
        () => present,
        () => face ?? NO_POOL,
      ),
      faceOf: (pool) => (face = mysqlPoolOf(mysql, pool, optionsOf(config))),
      configure(changed) {
        present = changed
        if (face) face.config = mysql.createPool(optionsOf(changed)).config
      },
    }
  },
}

function mysqlDriver(mysql: MysqlModule, present: () => DatasourceConfig, faceNow: () => object): Driver {
  return {
    name: 'mysql2',
    system: 'mysql',
    get target() {
      return targetOf(serverAddress(present(), DEFAULT_PORT))
    },
    sessionsOver: (connection) => mysql2Sessions((connection as Mysql2Connection).connection),
    runOver: (connection, statement) => mysqlRun((connection as Mysql2Connection).connection, statement),
    standingOver: (connection) => mysql2Standing((connection as Mysql2Connection).connection),
    async connect(onBroken, signal) {
      const config = present()
      const options = { ...optionsOf(config), password: passwordOf(config), connectTimeout: 0 }
      const connection = new mysql.PoolConnection(faceNow(), { config: mysql.createPool(options).config.connectionConfig })
      const ignore = (): void => {} // told to `connect` as well, and later ones to nobody
      connection.on('error', ignore)
      const abandon = (): void => connection.stream.destroy()
      signal.addEventListener('abort', abandon, { once: true })
      try {
        await called((done) => connection.connect(done))
        await limitStatements(connection, config)
      } catch (error) {
        abandon()
        throw error
      } finally {
        signal.removeEventListener('abort', abandon)
      }
      return new Mysql2Connection(connection, targetOf(serverAddress(config, DEFAULT_PORT)), onBroken)
    },
  }
}

/** Without the password. */
function optionsOf(config: DatasourceConfig): Readonly<Record<string, unknown>> {
  const { options, ...address } = serverAddress(config, DEFAULT_PORT)
  const { sslmode, ...rest } = options
  const keepAlive = { enableKeepAlive: config.keepAliveMs > 0, keepAliveInitialDelay: config.keepAliveMs }
  return { ...address, ...keepAlive, ...rest, ...OPENS_NONE, ...tlsOf(sslmode) }
}

/** MariaDB counts in seconds and ends every statement, MySQL in milliseconds and only SELECT. */
async function limitStatements(connection: MysqlConnection, { statementTimeoutMs }: DatasourceConfig): Promise<void> {
  if (statementTimeoutMs === undefined) return
  const isMariaDb = connection._handshakePacket?.serverVersion?.includes('MariaDB') ?? false
  const limit = isMariaDb ? `max_statement_time = ${statementTimeoutMs / 1000}` : `max_execution_time = ${statementTimeoutMs}`
  await called((done) => connection.query(`SET SESSION ${limit}`, done))
}

/** As with pg: a certificate is always verified unless `no-verify` is asked for. */
function tlsOf(sslmode: unknown): object {
  if (sslmode === undefined || sslmode === 'disable') return {}
  const isVerified = sslmode !== 'no-verify'
  return { ssl: { rejectUnauthorized: isVerified, verifyIdentity: isVerified } }
}
