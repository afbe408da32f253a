import { readFileSync } from 'node:fs'
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

test('the version is that of the package; a hosted application has that of its folder, and the number of its deployment', () => {
  const versionOf = (attributes: Record<string, string>) =>
    describeResource({ serviceName: '', resourceAttributes: attributes })['service.version']
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
  const hosted = { 'spyglass.process.name': 'shop-1', 'spyglass.application': 'shop' }
  expect(versionOf(hosted)).toBe(version)
  expect(versionOf({ ...hosted, 'spyglass.deployment': '3' })).toBe(`${version}+3`)
  expect(versionOf({ 'spyglass.process.name': 'http-1' })).toBeUndefined()
  expect(versionOf({ 'service.version': '9' })).toBe('9')
})

test('attributes of the environment win, and the service’s own name wins over them', () => {
  const resourceAttributes = { 'service.name': 'other', 'service.instance.id': 'http-1', team: 'a' }
  expect(describeResource({ serviceName: '', resourceAttributes })).toMatchObject(resourceAttributes)
  expect(describeResource({ serviceName: 'shop', resourceAttributes })['service.name']).toBe('shop')
})
