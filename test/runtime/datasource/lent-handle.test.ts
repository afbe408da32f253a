import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { handleOn } from '../../../runtime/src/datasource/lent-handle.ts'
import { scriptedPool } from './pool/scripted-driver.ts'

class Client extends EventEmitter {
  #secret = 7
  state = 'new'
  query(...args: unknown[]): unknown[] {
    this.state = 'used'
    return [this.#secret, ...args]
  }
}

async function handle() {
  const { pool, lend } = scriptedPool()
  const borrow = await lend()
  const client = new Client()
  const lent = handleOn(client, { pool, borrow }, { statements: new Set(['query']), own: (self) => ({ self: () => self }) })
  return { pool, borrow, client, lent }
}

test('a handle is its connection as far as one can see', async () => {
  const { client, lent, borrow } = await handle()
  expect(lent).toBeInstanceOf(Client)
  expect(lent.query({ text: 'SELECT 1' }, 2)).toEqual([7, { text: 'SELECT 1' }, 2])
  expect([client.state, borrow.text]).toEqual(['used', 'SELECT 1'])
  lent.state = 'set'
  expect(client.state).toBe('set')
  expect(lent.on('end', () => {})).toBe(lent) // never the connection itself
  expect((lent as unknown as { self: () => object }).self()).toBe(lent)
})

test('the text of a statement is known in each of its forms', async () => {
  const { lent, borrow } = await handle()
  for (const [statement, text] of [
    ['a', 'a'],
    [{ sql: 'b' }, 'b'],
    [{}, ''],
    [undefined, ''],
  ] as const) {
    lent.query(statement)
    expect(borrow.text).toBe(text)
  }
})

test('once returned it runs no statement, and everything else still works', async () => {
  const { pool, borrow, lent } = await handle()
  pool.return(borrow)
  expect(() => lent.query('SELECT 1')).toThrow(expect.objectContaining({ code: 'SPY_CONNECTION_RETURNED' }))
  expect(lent.state).toBe('new')
  expect(lent.listenerCount('end')).toBe(0)
})
