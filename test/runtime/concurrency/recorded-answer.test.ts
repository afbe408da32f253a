import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import type { Outcome } from '../../../runtime/src/concurrency/idempotency-store.ts'
import { type Recorded, recordAnswer } from '../../../runtime/src/concurrency/recorded-answer.ts'

async function recorded(work: (response: http.ServerResponse) => void, maxBytes = 1000, before: typeof work = () => {}): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Recorded>()
  const server = http.createServer((_request, response) => {
    before(response)
    recordAnswer(response, maxBytes, resolve)
    work(response)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    .then((answer) => answer.text())
    .catch(() => 'broken')
  server.close()
  return (await promise).answer
}

const partsOf = (answer: Outcome) => {
  if (answer === 'not kept') throw new TypeError('it is not kept')
  return { ...answer, text: Buffer.from(answer.body, 'base64').toString() }
}

test('all of the body is kept in whatever pieces it comes, and the fields however they are given', async () => {
  const { status, headers, text } = partsOf(
    await recorded((response) => {
      response.setHeader('x-set', ['a', 'b'])
      response.writeHead(201, { 'X-Given': 'yes', 'set-cookie': 'session=secret' })
      response.write('grü', 'utf8')
      response.write(Buffer.from('ße '))
      response.end('776f726c64', 'hex')
    }),
  )
  expect([status, text]).toEqual([201, 'grüße world'])
  expect(headers).toMatchObject({ 'x-set': ['a', 'b'], 'x-given': 'yes' })
  expect(headers).not.toHaveProperty('set-cookie')
})

test('fields as a list are kept as well', async () => {
  const answer = await recorded((response) => response.writeHead(200, ['x-a', '1', 'x-b', '2']).end('x'))
  expect(partsOf(answer).headers).toMatchObject({ 'x-a': '1', 'x-b': '2' })
})

test('one that is too large, or that was cut short because nobody reads it, is not kept; one that broke off before can still be', async () => {
  expect(await recorded((response) => response.end('x'.repeat(1001)))).toBe('not kept')
  const afterwards = (body?: string) => recorded((response) => response.setHeader('content-type', 'text/plain').destroy().end(body))
  expect(await afterwards()).toBe('not kept')
  expect(partsOf(await afterwards('whole')).text).toBe('whole')
})

test('the fields are those of the application, not of what encodes its body on the way out', async () => {
  const answer = await recorded(
    (response) => response.end('plain'),
    1000,
    (response) => {
      const { end } = response as unknown as { readonly end: (body: string) => http.ServerResponse }
      response.end = ((body: string) => {
        response.setHeader('content-encoding', 'gzip')
        return end.call(response, body)
      }) as typeof response.end
    },
  )
  expect(partsOf(answer).headers).not.toHaveProperty('content-encoding')
})
