import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import type { StoredAnswer } from '../../../runtime/src/concurrency/idempotency-store.ts'
import { recordAnswer } from '../../../runtime/src/concurrency/recorded-answer.ts'

async function recorded(work: (response: http.ServerResponse) => void, maxBytes = 1000): Promise<StoredAnswer | undefined> {
  const { promise, resolve } = Promise.withResolvers<StoredAnswer | undefined>()
  const server = http.createServer((_request, response) => {
    recordAnswer(response, maxBytes, resolve)
    work(response)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    .then((answer) => answer.text())
    .catch(() => 'broken')
  server.close()
  return await promise
}

const textOf = (answer: StoredAnswer | undefined): string => Buffer.from(answer?.body ?? '', 'base64').toString()

test('all of the body is kept in whatever pieces it comes, and the fields however they are given', async () => {
  const answer = await recorded((response) => {
    response.setHeader('x-set', ['a', 'b'])
    response.writeHead(201, { 'X-Given': 'yes', 'set-cookie': 'session=secret' })
    response.write('grü', 'utf8')
    response.write(Buffer.from('ße '))
    response.end('776f726c64', 'hex')
  })
  expect([answer?.status, textOf(answer)]).toEqual([201, 'grüße world'])
  expect(answer?.headers).toMatchObject({ 'x-set': ['a', 'b'], 'x-given': 'yes' })
  expect(answer?.headers).not.toHaveProperty('set-cookie')
})

test('fields as a list are kept as well', async () => {
  const answer = await recorded((response) => response.writeHead(200, ['x-a', '1', 'x-b', '2']).end('x'))
  expect(answer?.headers).toMatchObject({ 'x-a': '1', 'x-b': '2' })
})

test('one that is too large or breaks off is not kept', async () => {
  expect(await recorded((response) => response.end('x'.repeat(1001)))).toBeUndefined()
  expect(
    await recorded((response) => {
      response.write('x')
      response.destroy()
    }),
  ).toBeUndefined()
})
