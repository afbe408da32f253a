/** What users start with: curl, and the official client of Node.js. */
import { execFileSync } from 'node:child_process'
import { type ClickHouseClient, ClickHouseError, createClient } from '@clickhouse/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { removeFolder, startStore, type StoreProcess } from '../../../support/store-process.ts'

let store: StoreProcess
let client: ClickHouseClient
beforeAll(async () => {
  store = await startStore()
  const { user, password } = store.secrets.clickhouse.reader
  client = createClient({ url: store.url, username: user, password, database: 'spyglass' })
})
afterAll(async () => {
  await client.close()
  await store.kill('SIGTERM')
  removeFolder(store.data)
})

describe('curl', () => {
  const curl = (...args: string[]): string => {
    const { user, password } = store.secrets.clickhouse.reader
    return execFileSync('curl', ['-s', '-u', `${user}:${password}`, ...args], { encoding: 'utf8' })
  }

  test('asks by body and by URL', () => {
    expect(curl(store.url, '-d', 'SELECT count() FROM spyglass.otel_traces')).toBe('0\n')
    expect(curl(`${store.url}?query=SELECT+1+FORMAT+JSONEachRow`)).toBe('{"1":1}\n')
    expect(curl(`${store.url}?query=SELECT+1&default_format=CSVWithNames`)).toBe('"1"\n1\n')
  })

  test('reads a refusal with its code', () => {
    const text = curl('-i', store.url, '-d', "SELECT file('/etc/hostname')")
    expect(text).toContain('HTTP/1.1 403 Forbidden')
    expect(text).toMatch(/X-ClickHouse-Exception-Code: 392/i)
    expect(text).toContain('Code: 392. DB::Exception: The function file is not allowed here. (QUERY_IS_PROHIBITED)')
  })
})

describe('@clickhouse/client', () => {
  test('pings, by ping and by SELECT', async () => {
    expect(await client.ping()).toEqual({ success: true })
    expect(await client.ping({ select: true })).toEqual({ success: true })
  })

  test('binds parameters of several types', async () => {
    const set = await client.query({
      query: 'SELECT {text:String} AS text, {list:Array(UInt8)} AS list, {at:DateTime} AS at, {n:Nullable(Int64)} AS n LIMIT {limit:UInt8}',
      query_params: { text: "o'hara \\ 连接池\n{x:String}", list: [1, 2], at: new Date(0), n: null, limit: 1 },
      format: 'JSONEachRow',
    })
    expect(await set.json()).toEqual([{ text: "o'hara \\ 连接池\n{x:String}", list: [1, 2], at: '1970-01-01 00:00:00', n: null }])
  })

  test.each(['id$x', '$x', 'id$', 'a$$b', '$1', '13_', '$x$', 'foo$x$bar'])('binds a parameter with the name %s', async (name) => {
    const { text } = await store.ask(`SELECT {${name}:String} AS v`, { parameters: { [`param_${name}`]: "o'hara" } })
    expect(text).toBe("o\\'hara\n")
  })

  test('never sees the parameters of an earlier query', async () => {
    for (let i = 0; i < 8; i++)
      await client.query({ query: 'SELECT {mine:String}', query_params: { mine: 'secret' }, format: 'JSONEachRow' })
    for (const sql of ['SELECT {mine:String}', 'SELECT {/**/mine:String}', 'SELECT { mine\n:String}', 'SELECT {--\nmine/**/:/**/String}'])
      for (let i = 0; i < 4; i++) {
        const { status, text } = await store.ask(sql)
        expect([status, text]).toEqual([404, expect.stringMatching(/^Code: 456\. .*mine/)])
      }
  })

  test('streams rows', async () => {
    const set = await client.query({ query: 'SELECT number FROM numbers(300000)', format: 'JSONEachRow' })
    let rows = 0
    for await (const batch of set.stream<{ number: number }>()) rows += batch.length
    expect(rows).toBe(300_000)
  })

  test('gets an error with its code and type', async () => {
    const failure = client.query({ query: 'SELECT nosuch', format: 'JSON' })
    await expect(failure).rejects.toBeInstanceOf(ClickHouseError)
    await expect(failure).rejects.toMatchObject({ code: '47', type: 'UNKNOWN_IDENTIFIER' })
    await expect(client.command({ query: 'DROP TABLE events' })).rejects.toMatchObject({ code: '497', type: 'ACCESS_DENIED' })
    await expect(client.insert({ table: 'events', values: [{ Name: 'x' }], format: 'JSONEachRow' })).rejects.toMatchObject({ code: '497' })
  })

  test('learns of an error in the middle of a stream', async () => {
    const set = await client.query({ query: 'SELECT intDiv(1, number - 1000000) AS a FROM numbers(1200000)', format: 'JSONEachRow' })
    const read = async (): Promise<void> => {
      for await (const _ of set.stream()) continue
    }
    await expect(read()).rejects.toBeInstanceOf(Error) // it gives the code as well, unless the frame was split on its way
  })

  test('may compress both ways', async () => {
    const { user, password } = store.secrets.clickhouse.reader
    const compressing = createClient({ url: store.url, username: user, password, compression: { request: true, response: true } })
    const set = await compressing.query({ query: 'SELECT number FROM numbers(1000)', format: 'JSON' })
    expect((await set.json()).rows).toBe(1000)
    await compressing.close()
  })
})
