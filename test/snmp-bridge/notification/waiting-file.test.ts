import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SpyglassEvent } from '@spyglass/agent/contract'
import { expect, test } from 'vitest'
import { openWaitingFile } from '../../../snmp-bridge/src/notification/waiting-file.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const down: SpyglassEvent = {
  name: 'spyglass.instance.down',
  phase: 'raise',
  severity: 'critical',
  incidentId: '1',
  resource: 'spyglass:type=Instance,name=http-1',
  time: 1,
  message: '',
  attributes: {},
}
const hooks = { onFailure: (error: unknown) => expect.unreachable(String(error)) }

test('what waits is found by the next process, for each receiver', () => {
  const path = join(tempFolder(), 'waiting.json')
  const first = openWaitingFile(path, hooks)
  expect(first.read()).toEqual({})
  first.write('a', [down])
  first.write('b', [down, down])
  first.write('a', [])
  expect(openWaitingFile(path, hooks).read()).toEqual({ b: [down, down] })
})

test('a damaged file is reported and begins empty', () => {
  const path = join(tempFolder(), 'waiting.json')
  openWaitingFile(path, hooks).write('a', [down])
  writeFileSync(path, readFileSync(path, 'utf8').replace('"raise"', '"other"'))
  const damages: unknown[] = []
  expect(openWaitingFile(path, { ...hooks, onDamage: (damage) => damages.push(damage) }).read()).toEqual({})
  expect(damages).toHaveLength(1)
})
