import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { type FetchHandler, fetchListener } from '../../../../runtime/src/application/program/fetch-listener.ts'

async function serve(handler: FetchHandler): Promise<{ url: string; errors: unknown[] }> {
  const errors: unknown[] = []
  const server = createServer(
    fetchListener(handler, (error, response) => {
      errors.push(error)
      response.writeHead(500).end()
    }),
  ).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/x`, errors }
}

test('bodies are read, cookies sent apart, status and headers kept', async () => {
  const { url } = await serve(async (request) => {
    const headers = new Headers([
      ['set-cookie', 'a=1; Path=/'],
      ['set-cookie', 'b=2'],
      ['x-seen', `${request.method} ${new URL(request.url).pathname} ${request.headers.get('x-sent')}`],
    ])
    return new Response(request.body ? `got ${await request.text()}` : null, { status: 201, headers })
  })
  const response = await fetch(url, { method: 'POST', body: 'a body', headers: { 'x-sent': 'yes' } })
  expect([response.status, await response.text(), response.headers.getSetCookie()]).toEqual([201, 'got a body', ['a=1; Path=/', 'b=2']])
  expect(response.headers.get('x-seen')).toBe('POST /x yes')
  expect(await (await fetch(url)).text()).toBe('')
})

test('a request is aborted when its client goes', async () => {
  const arrived = Promise.withResolvers<Request>()
  const { url } = await serve((request) => {
    arrived.resolve(request)
    return new Promise(() => {})
  })
  const leaving = new AbortController()
  const left = fetch(url, { signal: leaving.signal }).catch(() => 'left')
  const { signal } = await arrived.promise
  const aborted = once(signal, 'abort')
  leaving.abort()
  expect(await left).toBe('left')
  await aborted
})

test('what it throws or rejects with, and a body that breaks off, are for the caller', async () => {
  const { url, errors } = await serve(() => {
    throw new RangeError('now')
  })
  expect((await fetch(url)).status).toBe(500)
  expect(errors).toEqual([expect.any(RangeError)])
  const broken = await serve(() => new Response(new ReadableStream({ pull: (controller) => controller.error(new RangeError('broken')) })))
  await fetch(broken.url).then((response) => response.text()).catch(() => undefined) // prettier-ignore
  await expect.poll(() => broken.errors).toEqual([])
})
