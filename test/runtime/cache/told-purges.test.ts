import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { checkedSettings } from '../../../runtime/src/cache/cache-settings.ts'
import { type PagePurge, ToldPurges } from '../../../runtime/src/cache/told-purges.ts'
import { ManualClock } from '../datasource/fixture.ts'

async function cdn() {
  const state = { status: 204, told: [] as { body: unknown; authorization: string | undefined }[] }
  const server = http.createServer((request, response) => {
    let text = ''
    request.on('data', (part: Buffer) => (text += part.toString()))
    request.on('end', () => {
      if (state.status === 204) state.told.push({ body: JSON.parse(text), authorization: request.headers.authorization })
      response.writeHead(state.status).end()
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const close = (): void => void server.close()
  return { state, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/purge`, [Symbol.dispose]: close }
}

function open(settings: object) {
  const clock = new ManualClock()
  const failures: string[] = []
  const told = new ToldPurges({
    config: () => checkedSettings('pages', settings),
    clock,
    onFailure: ({ message }) => void failures.push(message),
  })
  return { clock, failures, told }
}

test('paths, tags and all are told with the token; keys are not', async () => {
  using server = await cdn()
  const { told } = open({ purgeUrl: server.url, purgeToken: 'secret' })
  told.add({ keys: ['product:7'] })
  told.add({ tags: ['/products/7', 'products'] })
  await expect
    .poll(() => server.state.told)
    .toEqual([{ body: { paths: ['/products/7'], tags: ['products'] }, authorization: 'Bearer secret' }])
  told.add({ all: true })
  await expect.poll(() => server.state.told[1]?.body).toEqual({ all: true })
})

test('a purge that failed is sent again, together with those that came since', async () => {
  using server = await cdn()
  server.state.status = 500
  const { told, failures, clock } = open({ purgeUrl: server.url })
  told.add({ tags: ['/a'] })
  await expect.poll(() => [failures.length, clock.timers]).toEqual([1, 1])
  expect(failures[0]).toContain('status 500')
  server.state.status = 204
  told.add({ tags: ['/b'] })
  await expect.poll(() => server.state.told.map(({ body }) => body)).toEqual([{ paths: ['/a', '/b'] }])
  expect(clock.timers).toBe(0)
})

test('a function of the application is told as well; what it throws counts, and it is not waited for without end', async () => {
  const { told, failures, clock } = open({})
  told.add({ all: true }) // nobody listens
  const heard: PagePurge[] = []
  let isHanging = true
  told.listener = (purge) => {
    heard.push(purge)
    if (heard.length === 1) throw new Error('down')
    return isHanging ? new Promise(() => {}) : undefined
  }
  told.add({ tags: ['/a'] })
  await expect.poll(() => failures).toEqual([expect.stringContaining('down')])
  clock.advance(5000)
  await expect.poll(() => heard.length).toBe(2)
  clock.advance(5000)
  await expect.poll(() => failures[1]).toContain('no answer')
  isHanging = false
  clock.advance(5000)
  await expect.poll(() => heard.length).toBe(3)
  expect(heard).toEqual([{ paths: ['/a'] }, { paths: ['/a'] }, { paths: ['/a'] }])
  told.stop()
})

test('what fails while it is stopped is not tried again', async () => {
  const { told, failures, clock } = open({})
  const answer = Promise.withResolvers<void>()
  told.listener = () => answer.promise
  told.add({ all: true })
  told.stop()
  answer.reject(new Error('down'))
  await expect.poll(() => failures.length).toBe(1)
  await new Promise((resolve) => setImmediate(resolve))
  expect(clock.timers).toBe(0)
})
