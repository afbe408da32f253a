import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ECHO, openPlace } from './fixture.ts'

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

test('probes of health and readiness are in none', async () => {
  await using place = openPlace()
  const { url, host } = await place.deploy([{ name: 'shop', contextPath: '/shop', files: ECHO }])
  await Promise.all(['/health', '/ready'].map((path) => fetch(url + path)))
  await host.stop(500)
  expect(existsSync(join(place.root, 'access', '_server.log'))).toBe(false)
})
