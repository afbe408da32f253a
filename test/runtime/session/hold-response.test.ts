import type { ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import { conflict } from '../../../runtime/src/session/errors.ts'
import { type HeldResponse, holdResponse } from '../../../runtime/src/session/hold-response.ts'
import { serve } from './fixture.ts'

async function answered(held: Partial<HeldResponse>, handler: (response: ServerResponse) => void) {
  const server = await serve((_request, response) => {
    holdResponse(response, { cookie: () => 'c=1', commit: () => undefined, failed: () => {}, ...held })
    handler(response)
  })
  try {
    const response = await fetch(server.url)
    return [response.status, response.headers.getSetCookie(), await response.text()] as const
  } finally {
    await server.close()
  }
}

test.each<readonly [string, (response: ServerResponse) => unknown, readonly string[]]>([
  ['end alone', (response) => response.end('x'), ['c=1']],
  ['setHeader', (response) => response.setHeader('set-cookie', 'a=1').end('x'), ['a=1', 'c=1']],
  ['writeHead', (response) => response.writeHead(200).end('x'), ['c=1']],
  [
    'writeHead with a reason',
    (response) => response.writeHead(200, 'Fine', { 'Set-Cookie': ['a=1', 'b=1'] }).end('x'),
    ['a=1', 'b=1', 'c=1'],
  ],
  ['writeHead with a list', (response) => response.writeHead(200, ['set-cookie', 'a=1']).end('x'), ['a=1', 'c=1']],
  ['write', (response) => (response.write('x'), response.end()), ['c=1']],
])('the cookie is added with %s', async (_how, write, cookies) => {
  expect(await answered({}, (response) => void write(response))).toEqual([200, cookies, 'x'])
})

test('the end waits until everything is stored, and comes once', async () => {
  const order: string[] = []
  const commit = async (): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve))
    order.push('stored')
  }
  const answer = await answered({ commit }, (response) => {
    response.on('finish', () => order.push('ended'))
    response.end('x')
    response.end('y')
  })
  expect([answer[2], order]).toEqual(['x', ['stored', 'ended']])
})

test('what cannot be stored is answered with the status of its error, and none of the headers of the application', async () => {
  const commit = async (): Promise<void> => {
    throw conflict('SPY_SESSION_CONFLICT', ['visitors', 'cart'])
  }
  const failures: Error[] = []
  const [status, , body] = await answered({ commit, failed: (error) => failures.push(error) }, (response) => {
    response.setHeader('content-length', '1')
    response.end('x')
  })
  expect(failures).toMatchObject([{ code: 'SPY_SESSION_CONFLICT' }])
  expect([status, JSON.parse(body)]).toEqual([409, expect.objectContaining({ code: 'SPY_SESSION_CONFLICT' })])
})

test('an answer whose head is sent is cut off, so that it does not look whole', async () => {
  const commit = async (): Promise<void> => {
    throw conflict('SPY_SESSION_ENDED', ['visitors'])
  }
  await expect(answered({ commit }, (response) => void (response.write('x'), response.end('y')))).rejects.toThrow()
})
