import { once } from 'node:events'
import { createServer, get, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { goneSignal } from '@spyglass/process/access'

async function asked(): Promise<{ response: ServerResponse; leave: () => void }> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const client = get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' })
  client.on('error', () => {}) // it leaves by itself
  const [, response] = (await once(server, 'request')) as [unknown, ServerResponse]
  return { response, leave: () => client.destroy() }
}

test('it aborts when the client leaves before its answer, and not when it has had it', async () => {
  const left = await asked()
  const gone = goneSignal(left.response)
  left.leave()
  await once(gone, 'abort')
  const answered = await asked()
  const stayed = goneSignal(answered.response)
  answered.response.end('x')
  await once(answered.response, 'close')
  expect([gone.aborted, stayed.aborted]).toEqual([true, false])
})
