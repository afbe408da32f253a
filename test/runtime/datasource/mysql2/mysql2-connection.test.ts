import { EventEmitter } from 'node:events'
import { expect, test, vi } from 'vitest'
import { called, Mysql2Connection } from '../../../../runtime/src/datasource/mysql2/mysql2-connection.ts'
import type { MysqlCallback, MysqlCommand, MysqlConnection } from '../../../../runtime/src/datasource/mysql2/mysql2-module.ts'

const [IN_TRANSACTION, AUTOCOMMIT] = [1, 2]

function connection(more: object = {}) {
  const stream = { destroy: vi.fn<() => void>(), end: vi.fn<() => void>(), destroyed: false }
  const asked: string[] = []
  const answer = (name: string, done: MysqlCallback): void => {
    asked.push(name)
    done()
  }
  const inner = Object.assign(new EventEmitter(), {
    stream,
    _commands: { length: 0 },
    _fatalError: null,
    _protocolError: null,
    addCommand: (command: MysqlCommand) => command,
    query: answer,
    ping: (done: MysqlCallback) => answer('ping', done),
    _realEnd: (done: MysqlCallback) => answer('quit', done),
    ...more,
  })
  const told: string[] = []
  const it = new Mysql2Connection(inner as unknown as MysqlConnection, 'db:3306/shop', (error) => void told.push(error.message))
  /** A statement without rows has ended with this status. */
  const ended = (serverStatus?: number): unknown => {
    const command = inner.addCommand(Object.assign(new EventEmitter(), { doneInsert: () => 'done' }))
    return command.doneInsert?.(serverStatus === undefined ? null : { serverStatus })
  }
  return { it, inner, stream, asked, told, ended }
}

test('it is in a transaction when the server says so, or when nothing commits by itself', () => {
  const { it, ended, inner } = connection()
  expect(it.inTransaction).toBe(false)
  for (const [status, inTransaction] of [
    [IN_TRANSACTION | AUTOCOMMIT, true],
    [undefined, true],
    [AUTOCOMMIT, false],
    [0, true],
  ] as const) {
    expect(ended(status)).toBe('done')
    expect(it.inTransaction).toBe(inTransaction)
  }
  const ping = new EventEmitter()
  expect(inner.addCommand(ping)).toBe(ping)
})

test('a reset rolls back, and turns autocommit to what it was', async () => {
  const { it, ended, asked } = connection()
  ended(IN_TRANSACTION | AUTOCOMMIT)
  await it.reset()
  ended(IN_TRANSACTION)
  await it.reset()
  expect(asked).toEqual(['ROLLBACK', 'ROLLBACK', 'SET autocommit = 1'])
  const without = connection({ _handshakePacket: { statusFlags: 0 } })
  without.ended(AUTOCOMMIT)
  await without.it.reset()
  expect(without.asked).toEqual(['ROLLBACK', 'SET autocommit = 0'])
})

test('the command that runs is the statement', async () => {
  const { it, inner, asked } = connection({ _command: null })
  expect(it.running).toBeUndefined()
  const command = inner.addCommand(new EventEmitter())
  Object.assign(inner, { _command: command })
  expect(it.running).toBe(command)
  command.emit('end')
  expect(it.running).toBeUndefined()
  inner._commands.length = 1
  expect(it.running).toBe(command)
  await it.validate()
  expect(asked).toEqual(['ping'])
})

test('that it broke is told once, and not when it is closed', async () => {
  const { it, inner, told, stream } = connection()
  inner.emit('end')
  inner.emit('error', new RangeError('later'))
  expect([told, it.broken]).toEqual([['the connection to db:3306/shop was lost: the server closed it'], true])
  await it.close(1000)
  expect(stream.destroy).toHaveBeenCalledTimes(1)
  const closing = connection()
  await closing.it.close(1000)
  closing.inner.emit('error', new RangeError('while closing'))
  expect([closing.told, closing.asked]).toEqual([[], ['quit']])
})

test.for([[{ _fatalError: {} }], [{ _protocolError: {} }], [{ _closing: true }], [{ stream: { destroyed: true } }]])(
  'it is broken with %j',
  ([more]) => {
    expect([connection().it.broken, connection(more).it.broken]).toEqual([false, true])
  },
)

test('a server that does not say goodbye is left, and so is one that fails at it', async () => {
  vi.useFakeTimers()
  const silent = connection({ _realEnd: () => {} })
  const closing = silent.it.close(500)
  await vi.advanceTimersByTimeAsync(500)
  expect(silent.stream.destroy).toHaveBeenCalledTimes(1)
  silent.inner.emit('end')
  await closing
  vi.useRealTimers()
  const failing = connection({ _realEnd: (done: MysqlCallback) => done(new RangeError('no')) })
  await failing.it.close(500)
  expect(failing.stream.destroy).toHaveBeenCalledTimes(1)
})

test('a call with a callback is a promise', async () => {
  expect(await called((done) => done(null, 7))).toBe(7)
  await expect(called((done) => done(new RangeError('no')))).rejects.toThrow(RangeError)
})
