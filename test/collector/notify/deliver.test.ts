import { createServer } from 'node:http'
import { expect, test } from 'vitest'
import { deliver } from '../../../collector/src/notify/deliver.ts'
import { freePort } from '../../support/free-port.ts'
import { pageFor } from './pages.ts'
import { startReceiver } from './receiver.ts'

const entry = { sequence: 7, receiver: 'pager', page: pageFor(), attempts: 1, nextAttemptAt: 0 }

test('a page is posted as JSON with the configured headers and a key that identifies repeats', async () => {
  await using receiver = await startReceiver({ headers: { authorization: 'Bearer hush' } })
  await deliver(receiver.config, entry)
  expect(receiver.pages).toEqual([entry.page])
  expect(receiver.requests[0]?.headers).toMatchObject({
    'content-type': 'application/json',
    authorization: 'Bearer hush',
    'idempotency-key': '00112233aabbccdd-firing-7',
  })
})

test('a redirect is not followed', async () => {
  await using receiver = await startReceiver()
  receiver.answer = 302
  await expect(deliver(receiver.config, entry)).rejects.toMatchObject({ code: 'SPY_PAGE_REFUSED' })
  expect(receiver.requests.map(({ url }) => url)).toEqual(['/page'])
})

test.each([400, 422, 503])('an answer %d says that the receiver has not accepted it', async (status) => {
  await using receiver = await startReceiver()
  receiver.answer = status
  await expect(deliver(receiver.config, entry)).rejects.toMatchObject({ code: 'SPY_PAGE_REFUSED' })
})

test('a receiver that is unreachable or never answers fails within its time, and its address is not shown', async () => {
  const port = await freePort()
  const silent = createServer(() => {})
  await new Promise<void>((resolve) => silent.listen(port, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${port}/hook/token-in-path`
  const config = { name: 'pager', type: 'webhook' as const, url, headers: {}, timeoutMs: 100, onlyEscalated: false }
  const slow: unknown = await deliver(config, entry).catch((error: unknown) => error)
  silent.closeAllConnections()
  await new Promise((resolve) => silent.close(resolve))
  const gone: unknown = await deliver(config, entry).catch((error: unknown) => error)
  for (const error of [slow, gone]) {
    expect(error).toMatchObject({ code: 'SPY_PAGE_UNDELIVERED' })
    expect(String(error)).not.toContain('token-in-path')
  }
})
