import { expect, test } from 'vitest'
import { ECHO, openPlace } from '../application/fixture.ts'

test('a request that no application has is in an access log of its own', async () => {
  await using place = openPlace()
  const { url, host } = await place.deploy([{ name: 'shop', contextPath: '/shop', files: ECHO }])
  expect((await fetch(`${url}/wp-admin?x=1`)).status).toBe(404)
  expect((await fetch(`${url}/shop/`)).status).toBe(200)
  await host.stop(500)
  expect(place.accessLines('_server')).toMatchObject([
    { 'url.path': '/wp-admin', 'http.response.status_code': 404, application: '_server' },
  ])
  expect(place.accessLines('shop')).toHaveLength(1)
})

test('requests that the listener refuses, or could not read, are in it with the reason', async () => {
  await using place = openPlace()
  const { host } = await place.deploy([{ name: 'shop', contextPath: '/', files: ECHO }])
  host.traffic.unreadable?.({
    reason: 'header_overflow',
    status: 431,
    time: Date.UTC(2026, 0, 31),
    durationMs: 0,
    clientAddress: '127.0.0.1',
    method: 'GET',
    url: '/big?token=canary',
    httpVersion: '1.1',
  })
  await host.stop(500)
  expect(place.accessLines('_server')).toMatchObject([
    { 'url.path': '/big', 'url.query': 'token=[redacted]', 'http.response.status_code': 431, 'error.type': 'header_overflow' },
  ])
})
