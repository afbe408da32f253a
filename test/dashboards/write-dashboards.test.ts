import { type ProvisioningOptions, writeDashboards } from '@spyglass/dashboards'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { expect, test } from 'vitest'
import { tempFolder } from '../support/temp-folder.ts'

const options: ProvisioningOptions = {
  url: 'http://127.0.0.1:8123',
  user: 'u',
  password: 'p',
  database: 'spyglass',
  owner: 'prometheus',
  instanceDownAfterMs: 15_000,
  exhaustedAfterMs: 10_000,
}

test('the folder is one that Grafana takes as its provisioning folder, with the password readable by the owner alone', () => {
  const out = join(tempFolder(), 'grafana')
  const files = writeDashboards(out, options).map((file) => relative(out, file))
  expect(files).toEqual([
    'boards/spyglass-service-red.json',
    'boards/spyglass-slow-requests.json',
    'boards/spyglass-trace.json',
    'boards/spyglass-datasource-pools.json',
    'datasources/spyglass.yaml',
    'dashboards/spyglass.yaml',
    'alerting/spyglass.yaml',
    'prometheus/spyglass-rules.yaml',
  ])
  expect(statSync(join(out, 'datasources/spyglass.yaml')).mode & 0o777).toBe(0o600)
  expect(readFileSync(join(out, 'dashboards/spyglass.yaml'), 'utf8')).toContain(JSON.stringify(join(out, 'boards')))
})

test('rules that are paused now do not stay beside those that were not', () => {
  const out = tempFolder()
  writeDashboards(out, options)
  writeDashboards(out, { ...options, owner: 'spyglass' })
  expect(existsSync(join(out, 'prometheus/spyglass-rules.yaml'))).toBe(false)
  expect(existsSync(join(out, 'prometheus/spyglass-rules.yaml.paused'))).toBe(true)
})

test('a folder that cannot be written is reported by its path', () => {
  const file = join(tempFolder(), 'file')
  writeFileSync(file, '')
  expect(() => writeDashboards(file, options)).toThrow(
    expect.objectContaining({ code: 'SPY_DASHBOARDS_UNWRITABLE', message: expect.stringContaining(file) }),
  )
})
