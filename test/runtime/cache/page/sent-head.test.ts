import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { onceSent, type SentHead } from '../../../../runtime/src/cache/page/sent-head.ts'
import { ManualClock } from '../../datasource/fixture.ts'

async function sent(work: (response: http.ServerResponse) => void, clock = new ManualClock()): Promise<SentHead | undefined> {
  const { promise, resolve } = Promise.withResolvers<SentHead | undefined>()
  const server = http.createServer((_request, response) => {
    onceSent(response, resolve, clock)
    work(response)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`).catch(() => 'broken')
  server.close()
  return await promise
}

test('the head is what was sent, with what others have added', async () => {
  const head = await sent((response) => {
    response.setHeader('X-Set', ['a', 'b'])
    setImmediate(() => response.writeHead(201, { 'Set-Cookie': 'a=b: c' }).end('x'))
  })
  expect(head).toMatchObject({ status: 201, fields: { 'x-set': ['a', 'b'], 'set-cookie': ['a=b: c'] } })
})

test('one that is never sent is none, and one that is held back too long is none either', async () => {
  expect(await sent((response) => response.destroy())).toBeUndefined()
  const clock = new ManualClock()
  const held = await sent((response) => {
    clock.advance(60_000)
    response.end()
  }, clock)
  expect(held).toBeUndefined()
})
