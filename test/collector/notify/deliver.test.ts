import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { deliver } from '../../../collector/src/notify/deliver.ts'
import { freePort } from '../../support/free-port.ts'
import { pageFor } from './pages.ts'
import { receiverConfig, startReceiver } from './receiver.ts'

const entry = { sequence: 7, page: pageFor() }

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
  const config = receiverConfig({ url, timeoutMs: 100 })
  const slow: unknown = await deliver(config, entry).catch((error: unknown) => error)
  silent.closeAllConnections()
  await new Promise((resolve) => silent.close(resolve))
  const gone: unknown = await deliver(config, entry).catch((error: unknown) => error)
  for (const error of [slow, gone]) {
    expect(error).toMatchObject({ code: 'SPY_PAGE_UNDELIVERED' })
    expect(String(error)).not.toContain('token-in-path')
  }
})

const chats = [
  ['dingtalk', '{"errcode":0}', '{"errcode":310000,"errmsg":"sign not match"}'],
  ['wecom', '{"errcode":0}', '{"errcode":93000}'],
  ['feishu', '{"code":0}', '{"code":19021}'],
] as const

test.each(chats)('%s says no in a body with status 200: the page is not accepted then', async (type, yes, no) => {
  await using receiver = await startReceiver({ type })
  receiver.says = yes
  await deliver(receiver.config, entry)
  for (const said of [no, 'busy', '{}', 'null']) {
    receiver.says = said
    await expect(deliver(receiver.config, entry)).rejects.toMatchObject({ code: 'SPY_PAGE_REFUSED' })
  }
})

test('an address that a command set is not connected to if it is internal, whatever it is called', async () => {
  await using receiver = await startReceiver()
  const { port } = new URL(receiver.config.url ?? '')
  for (const host of ['127.0.0.1', 'localhost', '2130706433', '0x7f.1', '[::1]', '[::ffff:127.0.0.1]', '0.0.0.0']) {
    const url = `http://${host}:${port}/page`
    await expect(deliver({ ...receiver.config, url, guarded: ['url'] }, entry), host).rejects.toMatchObject({
      code: 'SPY_RECEIVER_INTERNAL',
    })
  }
  expect(receiver.requests).toEqual([])
})

test('what was accepted is accepted, though the body of the answer never ends', async () => {
  const server = createServer((_, response) => response.writeHead(200, { 'content-length': 100 }).write('abc'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const delivered = deliver(receiverConfig({ url: `http://127.0.0.1:${port}/`, timeoutMs: 500 }), entry)
  await expect(delivered).resolves.toBeUndefined()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})
