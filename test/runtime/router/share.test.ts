import { dataFolder, loadConfig, routedGroups } from '@spyglass/process/config'
import { expect, test } from 'vitest'
import { routerShareOf, routingTableOf } from '../../../runtime/src/router/share.ts'

test('a router gets its listener, and routes for what runs and what is disabled', () => {
  const config = loadConfig({
    base: {
      listeners: [
        { name: 'http', compression: true, redirectTo: 'https' },
        { name: 'https', port: 8443, tls: { certificates: [{ certificate: 'c', key: 'k' }] } },
      ],
      applications: [
        { name: 'shop', folder: '/shop', contextPath: '/shop' },
        { name: 'blog', folder: '/blog', contextPath: '/blog' },
        { name: 'off', folder: '/off', contextPath: '/off', enabled: false },
        { name: 'else', folder: '/else', listener: 'https', enabled: false },
      ],
    },
  })
  const [http] = config.listeners
  expect(routerShareOf(config, http!, 'router-http')).toMatchObject({
    instance: 'router-http',
    listener: { name: 'http', compression: false }, // responses are compressed where they are made
    redirectPort: 8443,
  })
  const { routes, accessLogs } = routingTableOf(config, { listener: http!, groups: routedGroups(config, http!) }, dataFolder('/data'))
  expect(Object.keys(accessLogs)).toEqual(['shop', 'blog', 'off', '_server'])
  expect(routes).toEqual([
    { application: 'shop', host: 'server', contextPath: '/shop', path: '/data/run/applications/shop.sock' },
    { application: 'blog', host: 'server', contextPath: '/blog', path: '/data/run/applications/blog.sock' },
    { application: 'off', host: 'server', contextPath: '/off' },
  ])
})
