import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compressedBlock } from '../../../../../collector/src/store/http/blocks/compressed-blocks.ts'
import { blocksIn, fromBlocks } from '../../../../support/lz4.ts'
import { removeFolder, startStore, type StoreProcess } from '../../../../support/store-process.ts'

let store: StoreProcess
beforeAll(async () => {
  store = await startStore()
})
afterAll(async () => {
  await store.kill('SIGTERM')
  removeFolder(store.data)
})

async function ask(
  sql: string | Uint8Array<ArrayBuffer>,
  query = '',
  headers: Record<string, string> = {},
): Promise<{ readonly status: number; readonly body: Buffer }> {
  const { user, password } = store.secrets.clickhouse.reader
  const reply = await fetch(`${store.url}?${query}`, {
    method: 'POST',
    body: sql,
    headers: { 'x-clickhouse-user': user, 'x-clickhouse-key': password, ...headers },
  })
  return { status: reply.status, body: Buffer.from(await reply.arrayBuffer()) }
}

test.each([
  ['SELECT 1', 1],
  ['SELECT 1 WHERE 0', 0],
  ['SELECT number, toString(number) FROM numbers(5000) FORMAT RowBinary', 1],
  ['SELECT number, sipHash64(number), repeat(toString(number), 3) FROM numbers(200000) SETTINGS max_block_size = 10000', 10],
])('%s in compressed blocks is what it is without', async (sql, atLeast) => {
  const [plain, compressed] = [await ask(sql), await ask(sql, 'compress=1')]
  expect(compressed.status).toBe(200)
  expect(fromBlocks(compressed.body).equals(plain.body)).toBe(true)
  const blocks = [...blocksIn(compressed.body)]
  expect(blocks.length).toBeGreaterThanOrEqual(atLeast)
  expect(new Set(blocks.map(({ method }) => method))).toEqual(new Set(atLeast === 0 ? [] : [0x82]))
})

test('blocks go into the coding of HTTP, and an error is text', async () => {
  const { body } = await ask('SELECT 7', 'compress=1&enable_http_compression=1', { 'accept-encoding': 'gzip' })
  expect(fromBlocks(body[0] === 0x1f ? gunzipSync(body) : body).toString()).toBe('7\n') // `fetch` may unpack it
  const failed = await ask('SELECT nosuch', 'compress=1')
  expect([failed.status, failed.body.toString().slice(0, 9)]).toEqual([404, 'Code: 47.'])
})

test('a statement may come in blocks, compressed again by HTTP or not', async () => {
  const blocks = Buffer.concat([compressedBlock(Buffer.from('SELECT ')), compressedBlock(Buffer.from('1 + 6'))])
  expect((await ask(blocks, 'decompress=1')).body.toString()).toBe('7\n')
  expect(fromBlocks((await ask(gzipSync(blocks), 'decompress=1&compress=1', { 'content-encoding': 'gzip' })).body).toString()).toBe('7\n')
  const failed = await ask(Buffer.concat([compressedBlock(Buffer.from('DROP TABLE events'))]), 'decompress=1')
  expect([failed.status, failed.body.toString().slice(0, 10)]).toEqual([403, 'Code: 497.'])
  expect((await ask('SELECT 7', 'decompress=1')).body.toString()).toMatch(/^Code: 117\./)
  expect((await ask('', 'decompress=1&query=SELECT+7')).body.toString()).toBe('7\n')
})

test('an error in mid-stream is read in the last block', async () => {
  const { status, body } = await ask("SELECT throwIf(number = 3000000), repeat('x', 10) FROM numbers(4000000)", 'compress=1')
  expect(status).toBe(200)
  expect(fromBlocks(body).subarray(-400).toString()).toContain('Code: 395.')
})

test('clickhouse-go reads its first answer in blocks as well', async () => {
  const hello = 'SELECT displayName(), version(), revision(), timezone()'
  const query = 'default_format=Native&client_protocol_version=54460'
  const [plain, compressed] = [await ask(hello, query), await ask(hello, `${query}&compress=1`)]
  expect(fromBlocks(compressed.body).equals(plain.body)).toBe(true)
})

test('the engine puts the same hash before the blocks of its own files', async () => {
  const rows = Array.from({ length: 3000 }, (_, i) => JSON.stringify({ Time: Date.now() - i, Name: 'hash', Message: `${i * i}`.repeat(9) }))
  expect((await store.own('INSERT INTO events FORMAT JSONEachRow', { body: rows.join('\n') })).status).toBe(200)
  const { text } = await store.ask("SELECT data_paths[1] FROM system.tables WHERE name = 'events'")
  const folder = join(store.data, 'store/clickhouse', text.trim().slice(text.indexOf('store/')))
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.bin'))
  const sizes = files.flatMap((name) => [...blocksIn(readFileSync(join(folder, name)))].map(({ data }) => data.length))
  expect(Math.min(...sizes)).toBeLessThan(128)
  expect(Math.max(...sizes)).toBeGreaterThan(128)
})
