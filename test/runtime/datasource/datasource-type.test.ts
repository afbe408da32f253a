import { expect, test, vi } from 'vitest'
import { type Agent, installAgent } from '@spyglass/agent'
import { openShop, settings } from './fixture.ts'

test('the trace of a request that ends with its connection still lent is marked, and no other', async () => {
  await using pool = await openShop()
  const markLeak = vi.fn<() => void>()
  const traceId = 'a'.repeat(32)
  const record = { end() {} }
  installAgent({
    markLeak,
    captureCallSite: () => ({ location: () => 'shop.ts:1', frames: () => [] }),
    currentRequest: () => ({ route: '/', traceId, spanId: '' }),
    startPoolWait: () => record,
    startStatement: () => record,
  } as unknown as Agent)
  try {
    const connection = await pool.shop.connect()
    pool.resources.requestEnded('b'.repeat(32))
    expect(markLeak).not.toHaveBeenCalled()
    pool.resources.requestEnded(traceId)
    expect(markLeak).toHaveBeenCalledTimes(1)
    connection.release()
    pool.resources.requestEnded(traceId)
    expect(markLeak).toHaveBeenCalledTimes(1)
  } finally {
    installAgent(undefined as unknown as Agent)
  }
})

test('new limits count at once', async () => {
  await using pool = await openShop({ max: 1 })
  expect(pool.read('maxConnections')).toBe(1)
  pool.resources.configure('datasources', [{ ...settings, max: 3 }])
  expect(pool.read('maxConnections')).toBe(3)
})
