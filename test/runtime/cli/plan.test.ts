import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ensureDataFolder, ensureSecrets, loadConfig } from '@spyglass/process/config'
import { expect, test } from 'vitest'
import { planOf } from '../../../runtime/src/cli/plan.ts'
import { tempFolder } from '../../support/temp-folder.ts'

function plan(role: 'all' | 'edge', settings: Readonly<Record<string, unknown>> = {}) {
  const root = tempFolder()
  const config = loadConfig({ data: root, base: settings })
  const folder = ensureDataFolder(root)
  return { root, plan: planOf({ config, secrets: ensureSecrets(folder.secrets), folder, role }) }
}

test('all: store and collector first, then management, bridge and instances', () => {
  const { plan: all } = plan('all', { listeners: [{ name: 'http', instances: 2 }] })
  expect(all.parts(new Map()).map(({ spec }) => spec.name)).toEqual(['store', 'collector', 'management', 'snmp-bridge', 'http-1', 'http-2'])
  expect(all.ports.map(({ port }) => port)).toEqual([8778, 4318, 8123, 8900])
})

test('edge: no collector and no store, and no bridge when it is switched off', () => {
  const { plan: edge } = plan('edge', { snmp: { enabled: false } })
  expect(edge.parts(new Map()).map(({ spec }) => spec.name)).toEqual(['management', 'http-1'])
  expect(edge.ports.map(({ port }) => port)).toEqual([8778])
})

test('an instance starts with the agent, and children read the configuration as it was checked', () => {
  const { root, plan: all } = plan('all')
  const instance = all.parts(new Map()).find(({ kind }) => kind === 'instance')
  expect(instance?.spec.execArgv).toEqual(expect.arrayContaining(['--import', expect.stringMatching(/^file:.*register\.ts$/)]))
  const file = join(root, 'run', 'config.json')
  expect(instance?.spec.args).toContain(file)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(loadConfig({ file })).toEqual(JSON.parse(readFileSync(file, 'utf8')))
})
