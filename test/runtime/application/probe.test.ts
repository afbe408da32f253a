import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openCompression } from '../../../runtime/src/front/compression.ts'
import { openPlace } from './fixture.ts'

const program = `
import http from 'node:http'
import { writeFileSync } from 'node:fs'
export default http.createServer((request, response) => {
  if (request.url === '/alive') {
    const { url, originalUrl, headers, socket: { remoteAddress } } = request
    writeFileSync(new URL('../seen.json', import.meta.url), JSON.stringify({ url, originalUrl, headers, remoteAddress }))
    response.writeHead(200, { 'content-type': 'text/plain' }).end('x'.repeat(5000))
  }
  else if (request.url === '/moved') response.writeHead(302, { location: '/' }).end()
  else if (request.url === '/broken') response.destroy()
  else if (request.url === '/throws') throw new Error('no luck')
  else if (request.url !== '/silent') response.writeHead(500).end('bad')
})`

test('a probe takes the way of a request, by host and context path, and is neither counted nor logged', async () => {
  await using place = openPlace({ healthPath: '/shop/alive', redirectPort: 443, compress: await openCompression() })
  const { host } = await place.deploy([{ name: 'shop', contextPath: '/shop', host: 'shop.test', files: program }], {
    hosts: [{ name: 'shop.test', aliases: [] }],
  })
  const [shop] = host.applications
  expect(await shop!.probe('/alive', 30_000)).toBeUndefined()
  expect(JSON.parse(readFileSync(join(place.root, 'seen.json'), 'utf8'))).toMatchObject({
    url: '/alive',
    originalUrl: '/shop/alive',
    remoteAddress: '127.0.0.1',
    headers: { host: 'shop.test', 'x-forwarded-prefix': '/shop', 'user-agent': 'spyglass-health' },
  })
  expect(await shop!.probe('/moved', 30_000)).toBeUndefined()
  expect(await shop!.probe('/other', 30_000)).toBe('GET /other was answered 500')
  expect(await shop!.probe('/broken', 30_000)).toBe('GET /broken was not answered: the connection closed')
  expect(await shop!.probe('/throws', 30_000)).toBe('GET /throws was answered 500')
  expect(await shop!.probe('/silent', 20)).toBe('GET /silent was not answered within 20 ms')
  expect(shop).toMatchObject({ requests: 0, errors: 0, active: 0 })
  expect(place.listener.counts).toMatchObject({ requests: 0, accepted: 0, connections: 0, bytesReceived: 0 })
  expect(await shop!.stop(100).then(() => accessLines(place.root))).toEqual([])
})

test('behind a router a probe says who it is, as the router does', async () => {
  await using place = openPlace({ isBehindRouter: true })
  const { host } = await place.deploy([{ name: 'shop', contextPath: '/', files: program }])
  expect(await host.applications[0]!.probe('/alive', 30_000)).toBeUndefined()
  const { remoteAddress, headers } = JSON.parse(readFileSync(join(place.root, 'seen.json'), 'utf8')) as Record<string, unknown>
  expect([remoteAddress, Object.keys(headers as object)]).toEqual(['127.0.0.1', ['host', 'user-agent', 'accept', 'connection']])
})

test.for([
  ['handler', "export default (request, response) => response.end('ok')"],
  ['fetch', 'export default { fetch: async (request) => new Response(new URL(request.url).pathname, { status: 200 }) }'],
])('a probe reaches a program of kind %s', async ([, files]) => {
  await using place = openPlace()
  const { host } = await place.deploy([{ name: 'shop', contextPath: '/', files: files! }])
  expect(await host.applications[0]!.probe('/alive', 30_000)).toBeUndefined()
})

function accessLines(root: string): readonly string[] {
  const file = join(root, 'access', 'shop.log')
  return existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
    : []
}
