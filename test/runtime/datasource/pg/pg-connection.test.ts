import { EventEmitter } from 'node:events'
import { expect, test, vi } from 'vitest'
import { PgConnection } from '../../../../runtime/src/datasource/pg/pg-connection.ts'
import type { PgClient } from '../../../../runtime/src/datasource/pg/pg-module.ts'

function connection(more: object = {}) {
  const destroy = vi.fn<() => void>()
  const end = vi.fn<() => Promise<void>>(async () => {})
  const query = vi.fn<(text: string) => Promise<void>>(async () => {})
  const inner = Object.assign(new EventEmitter(), { stream: { destroy } })
  const client = Object.assign(new EventEmitter(), {
    connection: inner,
    _queryable: true,
    _ending: false,
    readyForQuery: true,
    end,
    query,
    ...more,
  })
  const told: string[] = []
  const events = { broke: (error: Error) => void told.push(error.message), closed: () => void told.push('closed') }
  return { it: new PgConnection(client as unknown as PgClient, events), client, inner, told, destroy, end, query }
}

test('it is in a transaction when the server says so', () => {
  const { it, inner } = connection()
  expect(it.inTransaction).toBe(false)
  for (const [status, inTransaction] of [
    ['T', true],
    ['E', true],
    ['I', false],
    [undefined, false],
  ] as const) {
    inner.emit('readyForQuery', { status })
    expect(it.inTransaction).toBe(inTransaction)
  }
})

test('a statement runs until the server is ready for the next, in old and new versions of pg', () => {
  const statement = { text: 'SELECT 1' }
  const { it, client } = connection({ _activeQuery: statement })
  expect(it.running).toBeUndefined()
  client.readyForQuery = false
  expect(it.running).toBe(statement)
  expect(connection({ activeQuery: statement, readyForQuery: false }).it.running).toBe(statement)
  expect(connection({ _activeQuery: null, readyForQuery: false }).it.running).toEqual({})
})

test('an error is told once, and not when it is closed', async () => {
  const { it, client, told } = connection()
  for (const message of ['first', 'second']) client.emit('error', new RangeError(message))
  await it.close(1000)
  expect(told).toEqual(['first', 'closed'])
  const closing = connection()
  await closing.it.close(1000)
  closing.client.emit('error', new RangeError('while closing'))
  expect(closing.told).toEqual(['closed'])
})

test('it is broken when pg says that it takes no statements any more', () => {
  expect([connection().it.broken, connection({ _queryable: false }).it.broken, connection({ _ending: true }).it.broken]).toEqual([
    false,
    true,
    true,
  ])
})

test('a server that does not say goodbye is left, and so is one that fails at it', async () => {
  vi.useFakeTimers()
  let ended = (): void => {}
  const silent = connection({ end: () => new Promise<void>((resolve) => (ended = resolve)) })
  const closing = silent.it.close(500)
  await vi.advanceTimersByTimeAsync(500)
  expect(silent.destroy).toHaveBeenCalledTimes(1)
  ended()
  await closing
  vi.useRealTimers()
  const failing = connection({ end: async () => await Promise.reject(new RangeError('no')) })
  await failing.it.close(500)
  expect([failing.destroy.mock.calls.length, failing.told]).toEqual([1, ['closed']])
})

test('validation asks the server; a reset rolls back', async () => {
  const { it, query } = connection()
  await it.validate()
  await it.reset()
  expect(query.mock.calls).toEqual([['SELECT 1'], ['ROLLBACK']])
})
