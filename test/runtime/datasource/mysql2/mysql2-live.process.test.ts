/** Where a pool leads to changes while it is used. */
import type { Pool, RowDataPacket } from 'mysql2/promise'
import type { Pool as CallbackPool } from 'mysql2'
import { expect, test } from 'vitest'
import type { DatasourceConfig } from '@spyglass/process/config'
import { systemClock } from '../../../../runtime/src/clock/index.ts'
import { startMariaDb } from '../../../support/mariadb.ts'
import { openShop, settings } from '../fixture.ts'

const nowOf = async (connection: Pick<Pool, 'query'>): Promise<unknown> =>
  (await connection.query<RowDataPacket[]>('SELECT database() AS db, user() AS user'))[0][0]

test('URL, password and options change for the next borrower; who has a connection keeps it until it is returned', async (context) => {
  const server = await startMariaDb(context)
  const { user, host, port, password } = server
  const config: DatasourceConfig = {
    ...settings,
    driver: 'mysql2',
    url: `mysql://${user}@${host}:${port}/shop`,
    password,
    max: 1,
    file: undefined,
  }
  {
    await using opened = await openShop(config, systemClock)
    const pool = (opened.shop as unknown as CallbackPool).promise()
    await pool.query('CREATE DATABASE second')
    await pool.query("CREATE USER clerk@'%' IDENTIFIED BY 'another'")
    await pool.query("GRANT ALL ON second.* TO clerk@'%'")
    const connection = await pool.getConnection()
    opened.configure({ ...config, url: `mysql://clerk@${host}:${port}/second`, password: 'another' })
    expect(await nowOf(pool)).toMatchObject({ db: 'second', user: expect.stringContaining('clerk') })
    expect(await nowOf(connection)).toMatchObject({ db: 'shop', user: expect.stringContaining(user) })
    connection.release()
    opened.configure({ ...config, url: `mysql://clerk@${host}:${port}/second?rowsAsArray=true`, password: 'another' })
    expect(await nowOf(pool)).toEqual(['second', expect.stringContaining('clerk')])
    expect(opened.read('target')).toBe(`${host}:${port}/second`)
  }
  await server.stop()
})
