import { instanceGroups, loadConfig } from '@spyglass/process/config'
import { expect, test } from 'vitest'
import { shareOf } from '../../../runtime/src/instance/share.ts'

const config = loadConfig({
  base: {
    listeners: [{ name: 'http' }, { name: 'other', port: 8081 }],
    applications: [
      { name: 'shop', folder: '/apps/shop', datasources: ['shop'] },
      { name: 'reports', folder: '/apps/reports', listener: 'other', environment: { TOKEN: 'r' } },
    ],
    datasources: [
      { name: 'shop', file: 'shop.db' },
      { name: 'accounts', file: 'accounts.db' },
    ],
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
    datasources: [{ name: 'shop' }],
    listener: { name: 'http', port: 8080 },
    accessLogs: '/logs/access',
  })
  expect(JSON.stringify(shop)).not.toMatch(/reports|TOKEN|accounts|hidden/)
  expect(reports?.datasources).toEqual([])
})
