import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { entryOf, ownEntry } from '../../../runtime/src/server/part-scripts.ts'

test('the entry modules of all processes are where they are looked for', () => {
  const scripts = [
    entryOf('@spyglass/collector', 'collector-main'),
    entryOf('@spyglass/collector', 'store-main'),
    entryOf('@spyglass/snmp-bridge', 'snmp-bridge-main'),
    entryOf('@spyglass/dashboards', 'dashboards-main'),
    ownEntry('management/management-main'),
    ownEntry('instance/instance-main'),
    ownEntry('stand-in/stand-in-main'),
  ]
  expect(scripts.filter((script) => !existsSync(script))).toEqual([])
})

test('a package that is not installed is reported by name', () => {
  expect(() => entryOf('@spyglass/not-there', 'main')).toThrow(
    expect.objectContaining({ code: 'SPY_PART_MISSING', message: expect.stringContaining('@spyglass/not-there') }),
  )
})
