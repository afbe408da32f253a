/** PostgreSQL, and databases that speak its protocol, by the application's package pg. */
import type { DatasourceConfig } from '@spyglass/process/config'
import { driverModule } from '../driver-module.ts'
import type { Adapter, DriverSurroundings } from '../adapter.ts'
import type { Driver } from '../driver.ts'
import { passwordOf, serverAddress, targetOf } from '../server-address.ts'
import { PgConnection, type PgConnectionEvents, pgRun } from './pg-connection.ts'
import type { PgModule, PgPoolBase } from './pg-module.ts'
import { pgPoolOf } from './pg-pool.ts'
import { pgSessions } from './pg-sessions.ts'
import { pgStanding } from './pg-standing.ts'

const PACKAGE = { name: 'pg', from: '8.0.0', before: '9.0.0' } as const
const DEFAULT_PORT = 5432

export const pgAdapter: Adapter<PgPoolBase> = {
  open(config, { applicationFolders }: DriverSurroundings) {
    const pg = driverModule(PACKAGE, config.name, applicationFolders) as PgModule
    let present = config
    let face: ReturnType<typeof pgPoolOf> | undefined
    const events: PgConnectionEvents = {
      broke: (error, client) => face?.broke(error, client),
      closed: (client) => void face?.emit('remove', client),
    }
    return {
      driver: pgDriver(pg, () => present, events),
      faceOf: (pool) => (face = pgPoolOf(pg, pool, optionsOf(config))),
      configure(changed) {
        present = changed
        if (face) Object.assign(face.options, optionsOf(changed))
      },
    }
  },
}

function pgDriver(pg: PgModule, present: () => DatasourceConfig, events: PgConnectionEvents): Driver {
  return {
    name: 'pg',
    system: 'postgresql',
    get target() {
      return targetOf(serverAddress(present(), DEFAULT_PORT))
    },
    sessionsOver: (connection) => pgSessions((connection as PgConnection).client),
    runOver: (connection, statement) => pgRun((connection as PgConnection).client, statement),
    standingOver: (connection) => pgStanding((connection as PgConnection).client),
    async connect(onBroken, signal) {
      const config = present()
      const client = new pg.Client({ ...optionsOf(config), password: passwordOf(config) })
      const abandon = (): void => client.connection.stream.destroy()
      signal.addEventListener('abort', abandon, { once: true })
      const connection = new PgConnection(client, {
        ...events,
        broke(error) {
          onBroken(error)
          events.broke(error, client)
        },
      })
      try {
        await client.connect()
      } catch (error) {
        abandon()
        throw error
      } finally {
        signal.removeEventListener('abort', abandon)
      }
      return connection
    },
  }
}

/** Without the password. */
function optionsOf(config: DatasourceConfig): Readonly<Record<string, unknown>> {
  const { options, ...address } = serverAddress(config, DEFAULT_PORT)
  const { sslmode, ...rest } = options
  return { ...address, application_name: config.name, ...timesOf(config), ...rest, ...tlsOf(sslmode) }
}

function timesOf({ keepAliveMs, statementTimeoutMs }: DatasourceConfig): object {
  const keepAlive = { keepAlive: keepAliveMs > 0, keepAliveInitialDelayMillis: keepAliveMs }
  return statementTimeoutMs === undefined ? keepAlive : { ...keepAlive, statement_timeout: statementTimeoutMs }
}

/** As libpq names them, except that a certificate is always verified unless `no-verify` is asked for. */
function tlsOf(sslmode: unknown): object {
  if (sslmode === undefined) return {}
  if (sslmode === 'disable') return { ssl: false }
  return { ssl: sslmode === 'no-verify' ? { rejectUnauthorized: false } : true }
}
