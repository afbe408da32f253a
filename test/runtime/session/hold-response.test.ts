import http, { type RequestListener, type ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
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

/** A session that takes a while to be stored. */
const slowly = (): HeldResponse => ({
  cookie: () => 'c=1',
  async commit() {
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
  },
  failed: () => {},
})

/** Two requests, one after the other, over one connection. */
async function twice(listener: RequestListener): Promise<readonly string[]> {
  const server = await serve(listener)
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  const get = (): Promise<string> =>
    new Promise((resolve) => {
      const failed = (): void => resolve('cut off')
      const request = http.get(server.url, { agent }, (response) => {
        const { statusCode, headers } = response
        let body = ''
        response.on('data', (chunk) => (body += chunk))
        response.on('error', failed)
        response.on('end', () => resolve([statusCode, headers['x-of'] ?? '', body].join(' ')))
      })
      request.on('error', failed)
    })
  try {
    return [await get(), await get()]
  } finally {
    agent.destroy()
    await server.close()
  }
}

test('after the end nothing about the response can be changed, as far as the application sees', async () => {
  const seen: unknown[] = []
  const refused = (change: () => unknown): void => {
    try {
      change()
      seen.push('done')
    } catch (error) {
      seen.push((error as { code?: string }).code)
    }
  }
  const answers = await twice((_request, response) => {
    holdResponse(response, slowly())
    response.on('error', (error: { code?: string }) => seen.push(error.code))
    response.setHeader('x-of', 'first')
    response.end('the first')
    seen.push(response.headersSent, response.writableEnded)
    refused(() => response.setHeader('content-length', '1'))
    refused(() => response.appendHeader('x-of', 'second'))
    refused(() => response.removeHeader('x-of'))
    refused(() => response.writeHead(500, { 'content-length': '1' }))
    refused(() => response.flushHeaders())
    response.statusCode = 500
    response.write('second')
    response.end('the second one')
  })
  expect(answers).toEqual(['200 first the first', '200 first the first'])
  const sent = 'ERR_HTTP_HEADERS_SENT'
  expect(seen.slice(0, 8)).toEqual([true, true, sent, sent, sent, sent, 'done', 'ERR_STREAM_WRITE_AFTER_END'])
})

type Answer = ServerResponse & { json(body: unknown): void }
interface App {
  (...args: Parameters<RequestListener>): void
  use(handler: (request: unknown, response: Answer, next: () => void) => void): void
  use(handler: (error: unknown, request: unknown, response: Answer, next: (error: unknown) => void) => void): void
  set(name: string, value: unknown): void
}
const express = createRequire(import.meta.url)('express') as () => App

test('Express: a second answer, or an error after the first, never mixes with the first', async () => {
  const answersOf = async (second: (response: Answer) => void): Promise<readonly string[]> => {
    const app = express()
    app.set('env', 'test')
    app.use((_request, response, next) => {
      holdResponse(response, slowly())
      next()
    })
    app.use((_request, response) => {
      response.json({ a: 1 })
      second(response)
    })
    return await twice((request, response) => app(request, response))
  }
  const refused: unknown[] = []
  const again = (response: Answer): void => {
    try {
      response.json({ longer: 'than the first' })
    } catch (error) {
      refused.push((error as { code?: string }).code)
    }
  }
  expect(await answersOf(again)).toEqual(['200  {"a":1}', '200  {"a":1}'])
  expect(refused).toEqual(['ERR_HTTP_HEADERS_SENT', 'ERR_HTTP_HEADERS_SENT'])
  // Express ends the connection of a response whose head is sent
  expect(await answersOf(() => JSON.parse('no JSON'))).toEqual(['cut off', 'cut off'])
})

test('an end that fails after everything is stored cuts the response off, and that is reported', async () => {
  const failures: Error[] = []
  const commit = async (): Promise<void> => {}
  const ended = answered({ commit, failed: (error) => failures.push(error) }, (response) => void response.end(42))
  await expect(ended).rejects.toThrow()
  expect(failures).toMatchObject([{ code: 'ERR_INVALID_ARG_TYPE' }])
})
