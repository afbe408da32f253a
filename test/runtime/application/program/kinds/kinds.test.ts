import { createServer, type ServerResponse, type Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import fastify, { type FastifyInstance } from 'fastify'
import pino from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { roleOf } from '../../../../../runtime/src/application/program/kinds/function-role.ts'
import { adopt, servedExport } from '../../../../../runtime/src/application/program/kinds/index.ts'

const context = {
  name: 'a',
  contextPath: '',
  datasource: () => undefined as never,
  session: () => expect.unreachable(),
  logger: pino({ enabled: false }),
  signal: new AbortController().signal,
}
const ROOT = new URL('../../../../..', import.meta.url).pathname

/** Makes a server of an export and asks it for `/x`. */
async function adopted(value: unknown) {
  const errors: unknown[] = []
  const onError = (error: unknown, response: ServerResponse): void => {
    errors.push(error)
    response.writeHead(500).end()
  }
  const result = await adopt(value, { folder: ROOT, context, onError, main: 'main.js' })
  if (!result) return { kind: undefined, text: '', errors, close: undefined, url: '' }
  const server = result.server as Server
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x`
  const response = await fetch(url)
  return { kind: result.kind, text: await response.text(), status: response.status, errors, close: result.close, url }
}

test('what a program may export is recognised by its shape', async () => {
  const app = fastify()
  app.get('/x', () => 'fastify')
  const express = Object.assign((_request: unknown, response: ServerResponse) => response.end('express'), { handle() {}, use() {} })
  const koa = { callback: () => (_request: unknown, response: ServerResponse) => response.end('koa'), use() {}, listen() {} }
  const nest = {
    init: async () => undefined,
    getHttpServer: () => createServer((_request, response) => response.end('nest')),
    getHttpAdapter() {},
    close: async () => undefined,
  }
  const yoga = Object.assign((_request: unknown, response: ServerResponse) => response.end('yoga'), { fetch() {} })
  expect(await adopted(createServer((_request, response) => response.end('server')))).toMatchObject({ kind: 'server', text: 'server' })
  expect(await adopted(app)).toMatchObject({ kind: 'fastify', text: 'fastify' })
  expect(await adopted(express)).toMatchObject({ kind: 'handler', text: 'express' })
  expect(await adopted(koa)).toMatchObject({ kind: 'koa', text: 'koa' })
  expect(await adopted(nest)).toMatchObject({ kind: 'nest', text: 'nest' })
  expect(await adopted(yoga)).toMatchObject({ kind: 'handler', text: 'yoga' })
  expect(await adopted({ fetch: (request: Request) => new Response(`fetch ${new URL(request.url).pathname}`) })).toMatchObject({
    kind: 'fetch',
    text: 'fetch /x',
  })
  expect(await adopted({ handler: (_request: unknown, response: ServerResponse) => response.end('object') })).toMatchObject({
    text: 'object',
  })
})

test('a factory may return any of them, or nothing when it listens itself', async () => {
  expect(await adopted(() => createServer((_request, response) => response.end('server')))).toMatchObject({
    kind: 'server',
    text: 'server',
  })
  expect(await adopted(async () => (_request: unknown, response: ServerResponse) => response.end('handler'))).toMatchObject({
    kind: 'handler',
    text: 'handler',
  })
  expect(await adopted(() => undefined)).toMatchObject({ kind: undefined })
  for (const [value, text] of [
    [7, 'number'],
    [null, 'null'],
    [{}, 'object'],
  ] as const)
    await expect(adopted(() => value)).rejects.toMatchObject({
      code: 'SPY_APPLICATION_NO_HANDLER',
      message: expect.stringContaining(`returned ${text}`) as string,
    })
})

test('a Fastify plugin is registered with the Fastify of the application', async () => {
  const plugin = async (fastify: FastifyInstance, _options: unknown): Promise<void> => {
    fastify.get('/x', () => 'plugin')
  }
  expect(await adopted(plugin)).toMatchObject({ kind: 'fastify-plugin', text: 'plugin' })
  await expect(adopt(plugin, { folder: '/', context, onError: () => undefined, main: 'main.js' })).rejects.toMatchObject({
    code: 'SPY_APPLICATION_NO_FASTIFY',
  })
})

test('functions are told apart by their parameters', () => {
  expect(roleOf(() => undefined)).toBe('factory')
  expect(roleOf((_context: unknown) => undefined)).toBe('factory')
  expect(roleOf(({ logger }: { logger: unknown }) => logger)).toBe('factory')
  expect(roleOf((_request: unknown, _response: unknown) => undefined)).toBe('handler')
  expect(roleOf(function (_request: unknown, _response: unknown, _next: unknown) {})).toBe('handler')
  expect(roleOf(async (_request: unknown, _response = {}) => undefined)).toBe('handler')
  expect(roleOf(async function routes(fastify: unknown, _options: unknown) { return fastify })).toBe('fastify-plugin') // prettier-ignore
  expect(roleOf((app: unknown, _options: unknown, _done: unknown) => app)).toBe('fastify-plugin')
  expect(roleOf(Object.assign(() => undefined, { [Symbol.for('plugin-meta')]: {} }))).toBe('fastify-plugin')
})

test('the served export is the default one, or create, app, server or handler, in either module system', () => {
  const handler = (): void => undefined
  const app = { fetch() {} }
  expect(servedExport({ default: handler, create: () => 1 })).toBe(handler)
  expect(servedExport({ default: { create: handler } })).toBe(handler)
  expect(servedExport({ default: { default: handler } })).toBe(handler)
  expect(servedExport({ default: { port: 1 }, app })).toBe(app)
  expect(servedExport({ default: { port: 1 }, other: handler })).toBeUndefined()
})

test('a handler gets its server as this, and what it throws or rejects with is answered for', async () => {
  const seen: unknown[] = []
  const handler = function (this: unknown, _request: unknown, response: ServerResponse): void {
    seen.push(this)
    response.end()
  }
  await adopted(handler)
  expect(seen[0]).toHaveProperty('listening')
  for (const failing of [
    (_request: unknown, _response: unknown) => {
      throw new RangeError('now')
    },
    async (_request: unknown, _response: unknown) => {
      throw new RangeError('later')
    },
  ])
    // prettier-ignore
    expect(await adopted(failing)).toMatchObject({ status: 500, errors: [expect.any(RangeError)] })
})
