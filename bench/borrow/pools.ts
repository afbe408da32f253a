/** The two sides that are compared: the pool of a driver as it is, and a datasource over the same driver. Each borrows a connection and returns it. */
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type mysql from 'mysql2'
import pg from 'pg'
import pino from 'pino'
import { createRegistry } from '@spyglass/agent/registry'
import { kindNamed } from '@spyglass/mbeans/kinds'
import { openResources } from '@spyglass/runtime/application'

export const drivers = ['pg', 'mysql2'] as const
export type DriverName = (typeof drivers)[number]
export type Side = 'bare' | 'datasource'

export interface Server {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
  readonly password?: string
}

export interface Borrowing {
  /** Borrows and returns once. */
  once(): Promise<void>
  close(): Promise<void>
}

const SIZE = 4
const repository = fileURLToPath(new URL('../..', import.meta.url))
const require = createRequire(import.meta.url)

export async function openPool(driver: DriverName, side: Side, server: Server): Promise<Borrowing> {
  const { face, close } = side === 'bare' ? barePool(driver, server) : await datasourcePool(driver, server)
  return { once: driver === 'pg' ? borrowPg(face as pg.Pool) : borrowMysql(face as mysql.Pool), close }
}

function borrowPg(pool: pg.Pool): Borrowing['once'] {
  return async () => (await pool.connect()).release()
}

function borrowMysql(pool: mysql.Pool): Borrowing['once'] {
  return () =>
    new Promise((resolve, reject) =>
      pool.getConnection((error, connection) => {
        if (error) return reject(error)
        connection.release()
        resolve()
      }),
    )
}

function barePool(driver: DriverName, server: Server) {
  if (driver === 'pg') {
    const pool = new pg.Pool({ ...server, max: SIZE })
    return { face: pool, close: () => pool.end() }
  }
  const pool = (require('mysql2') as typeof mysql).createPool({ ...server, connectionLimit: SIZE })
  return { face: pool, close: () => pool.promise().end() }
}

async function datasourcePool(driver: DriverName, { host, port, user, database, password }: Server) {
  const url = `${driver === 'pg' ? 'postgres' : 'mysql'}://${user}@${host}:${port}/${database}`
  const resources = await openResources({
    instance: 'bench',
    registry: createRegistry({ kindNamed }),
    logger: pino({ level: 'silent' }),
    folder: repository,
    applicationFolders: [repository],
    resources: { datasources: [{ name: 'bench', driver, url, max: SIZE, ...(password === undefined ? {} : { password }) }] },
  })
  return { face: resources.datasource('bench') as unknown, close: () => resources.close(1000) }
}
