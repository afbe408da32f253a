import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createSqliteDriver } from '../../../runtime/src/datasource/sqlite-driver.ts'

const folder = mkdtempSync(join(tmpdir(), 'spyglass-sqlite-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const driver = createSqliteDriver({ file: 'a/b/test.db', folder })
const never = (error: Error): never => {
  throw error
}

test('a statement that fails keeps the message and the codes of SQLite', async () => {
  const connection = await driver.connect(never)
  await expect(connection.run({ verb: 'query', text: 'SELECT * FROM nowhere' })).rejects.toMatchObject({
    name: 'DatabaseError',
    code: 'ERR_SQLITE_ERROR',
    errcode: 1,
    message: 'no such table: nowhere',
  })
  expect(await connection.run({ verb: 'query', text: 'SELECT 1 AS one' })).toEqual([{ one: 1 }])
  await connection.close(1000)
})

test('a value that cannot go to a worker is refused without harm to the connection', async () => {
  const connection = await driver.connect(never)
  const params = [(() => 1) as unknown as number]
  await expect(connection.run({ verb: 'query', text: 'SELECT ?', params })).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' })
  await connection.validate()
  await connection.close(1000)
})

test('two connections read while one writes', async () => {
  const [one, two] = await Promise.all([driver.connect(never), driver.connect(never)])
  await one.run({ verb: 'script', text: 'CREATE TABLE w (a); BEGIN IMMEDIATE; INSERT INTO w VALUES (1)' })
  expect(one.inTransaction).toBe(true)
  expect(await two.run({ verb: 'query', text: 'SELECT count(*) AS n FROM w' })).toEqual([{ n: 0 }])
  await one.run({ verb: 'execute', text: 'COMMIT' })
  expect(one.inTransaction).toBe(false)
  expect(await two.run({ verb: 'query', text: 'SELECT count(*) AS n FROM w' })).toEqual([{ n: 1 }])
  await Promise.all([one.close(1000), two.close(1000)])
})

test('a closed connection refuses statements and can be closed again', async () => {
  const connection = await driver.connect(never)
  await connection.close(1000)
  await connection.close(1000)
  await expect(connection.run({ verb: 'query', text: 'SELECT 1' })).rejects.toMatchObject({ code: 'SPY_CONNECTION_LOST' })
})

test('a database file that cannot be opened rejects with the reason', async () => {
  const broken = createSqliteDriver({ file: '.', folder })
  await expect(broken.connect(never)).rejects.toMatchObject({ message: 'unable to open database file' })
})

test('many connections opened at once on a new file all get their way', async () => {
  const fresh = createSqliteDriver({ file: 'fresh.db', folder })
  const connections = await Promise.all(Array.from({ length: 6 }, () => fresh.connect(never)))
  for (const connection of connections)
    expect(await connection.run({ verb: 'query', text: 'PRAGMA journal_mode' })).toEqual([{ journal_mode: 'wal' }])
  await Promise.all(connections.map((connection) => connection.close(1000)))
})
