import { hostname } from 'node:os'
import { expect, test } from 'vitest'
import { describeResource } from '../../../agent/src/agent/resource.ts'

test('the resource names the process, its runtime and the agent, and announces aggregates', () => {
  expect(describeResource({ serviceName: 'shop', resourceAttributes: {} })).toMatchObject({
    'service.name': 'shop',
    'service.instance.id': `${hostname()}-${process.pid}`,
    'host.name': hostname(),
    'process.pid': process.pid,
    'process.runtime.name': 'nodejs',
    'process.runtime.version': process.versions.node,
    'telemetry.sdk.name': 'spyglass',
    'telemetry.sdk.language': 'nodejs',
    'telemetry.sdk.version': expect.stringMatching(/^\d+\.\d+\.\d+/),
    'spyglass.aggregates': true,
  })
})

test('attributes of the environment win, and the service’s own name wins over them', () => {
  const resourceAttributes = { 'service.name': 'other', 'service.instance.id': 'http-1', team: 'a' }
  expect(describeResource({ serviceName: '', resourceAttributes })).toMatchObject(resourceAttributes)
  expect(describeResource({ serviceName: 'shop', resourceAttributes })['service.name']).toBe('shop')
})
