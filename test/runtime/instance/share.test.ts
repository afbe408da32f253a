import { instanceGroups, loadConfig } from '@spyglass/process/config'
import { resourceLists } from '@spyglass/process/settings'
import { expect, test } from 'vitest'
import { workerShareOf } from '../../../runtime/src/instance/cluster-worker-share.ts'
import { shareOf } from '../../../runtime/src/instance/share.ts'

const noResources = Object.fromEntries(resourceLists.map((list) => [list, []]))
const config = loadConfig({
  base: {
    listeners: [{ name: 'http' }, { name: 'other', port: 8081 }],
    applications: [
      { name: 'shop', folder: '/apps/shop', datasources: ['shop'], rateLimits: ['api'], caches: ['pages'] },
      { name: 'reports', folder: '/apps/reports', listener: 'other', environment: { TOKEN: 'r' } },
    ],
    datasources: [
      { name: 'shop', file: 'shop.db' },
      { name: 'accounts', file: 'accounts.db' },
    ],
    caches: [{ name: 'pages' }],
    rateLimits: [{ name: 'api', deny: ['192.0.2.0/24'] }],
    snmp: { community: 'hidden' },
  },
})

test('an instance gets its own applications, the datasources that they name, and nothing of a neighbour or the server', () => {
  const [shop, reports] = instanceGroups(config).map((group) => shareOf(config, group, `${group.name}-1`, '/logs/access'))
  expect(shop).toMatchObject({
    instance: 'shop-1',
    server: 'spyglass',
    isolation: 'own',
    applications: [{ name: 'shop' }],
    resources: { datasources: [{ name: 'shop' }] },
    listener: { name: 'http', port: 8080 },
    accessLogs: '/logs/access',
  })
  expect(JSON.stringify(shop)).not.toMatch(/reports|TOKEN|accounts|hidden/)
  expect(reports?.resources).toEqual(noResources)
})

test('a worker of node:cluster gets the share of its instance with its rate limits and caches, and without other resources and their passwords', () => {
  const [group] = instanceGroups(config)
  const share = shareOf(config, group!, 'shop-1', '/logs/access')
  expect(share.resources.datasources).toHaveLength(1)
  const { rateLimits, caches } = share.resources
  expect(caches).toMatchObject([{ name: 'pages' }])
  expect(rateLimits).toMatchObject([{ name: 'api', deny: ['192.0.2.0/24'] }])
  expect(workerShareOf(share)).toEqual({ ...share, resources: { ...noResources, rateLimits, caches } })
})

test('a host of a neighbour changes nothing for a worker or for an instance behind a router, and neither does the number of replicas', () => {
  const shares = (replicas: number, hosts: readonly string[]) => {
    const changed = loadConfig({
      base: {
        hosts: hosts.map((name) => ({ name })),
        applications: [
          { name: 'shop', folder: '/apps/shop', host: 'shop.example', replicas },
          { name: 'blog', folder: '/apps/blog', contextPath: '/blog' },
          { name: 'jobs', folder: '/apps/jobs', worker: true },
        ],
      },
    })
    return instanceGroups(changed).map((group) => JSON.stringify(shareOf(changed, group, `${group.name}-1`, '/logs/access')))
  }
  const before = shares(1, ['shop.example'])
  expect(shares(3, ['shop.example', 'docs.example'])).toEqual(before)
  expect(before).toHaveLength(3)
})
