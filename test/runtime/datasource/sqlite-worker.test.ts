import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SqlValue } from '../../../runtime/src/datasource/driver.ts'
import { createSqliteDriver, type SqliteConnection } from '../../../runtime/src/datasource/sqlite-driver.ts'

let connection: SqliteConnection
beforeAll(async () => {
  connection = await createSqliteDriver({ file: ':memory:', folder: '/' }).connect(() => undefined)
})
afterAll(() => connection.close(1000))

const query = (text: string, params?: SqlValue[] | Record<string, SqlValue>) => connection.run({ verb: 'query', text, params })

test('rows are plain objects', async () => {
  const [row] = (await query('SELECT 1 AS a, NULL AS b')) as object[]
  expect(row).toEqual({ a: 1, b: null })
  expect(Object.getPrototypeOf(row)).toBe(Object.prototype)
})

test('parameters go by position or by name, and come back as they were', async () => {
  const value = fc.oneof(fc.constant(null), fc.string({ unit: 'grapheme' }), fc.integer(), fc.double({ noNaN: true }), fc.uint8Array())
  await fc.assert(
    fc.asyncProperty(value, async (sent) => {
      const value = typeof sent === 'string' ? sent.replaceAll('\0', '') : Object.is(sent, -0) ? 0 : sent
      expect(await query('SELECT ? AS v', [value])).toEqual([{ v: value }])
      expect(await query('SELECT :v AS v', { v: value })).toEqual([{ v: value }])
    }),
    { numRuns: 100 },
  )
})

test('an insert gives its key and the number of rows', async () => {
  await connection.run({ verb: 'script', text: 'CREATE TABLE t (id INTEGER PRIMARY KEY, a); CREATE TABLE u (a)' })
  const insert = await connection.run({ verb: 'execute', text: 'INSERT INTO t (a) VALUES (?), (?)', params: [1, 2] })
  expect(insert).toEqual({ changes: 2, lastInsertRowid: 2 })
})

test('a text with several statements is refused instead of running the first only', async () => {
  for (const text of ['SELECT 1; SELECT 2', 'SELECT 1;;x', "SELECT ';' ; DELETE FROM t"]) {
    await expect(query(text)).rejects.toMatchObject({ code: 'SPY_STATEMENT_MULTIPLE' })
  }
  for (const text of ['SELECT 1 AS a;', ' SELECT 1 AS a ; -- done\n', 'SELECT 1 AS a /* ; */ ;;', '-- first\nSELECT 1 AS a']) {
    expect(await query(text)).toEqual([{ a: 1 }])
  }
})

test('more statements than are kept prepared run all the same', async () => {
  for (let i = 0; i < 450; i++) expect(await query(`SELECT ${i % 225} AS n`)).toEqual([{ n: i % 225 }])
})
