import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { exportMibs } from '../../../snmp-bridge/src/mib/export-mibs.ts'
import { tempFolder } from '../../support/temp-folder.ts'

test('every module that SPYGLASS-MIB imports from lies beside it', () => {
  const folder = join(tempFolder(), 'mibs')
  const text = readFileSync(exportMibs(folder, [1, 3, 6, 1, 4, 1, 32_473]), 'utf8')
  const imported = [...text.matchAll(/FROM ([\w-]+)/g)].map((match) => match[1]!)
  expect(imported.length).toBeGreaterThan(2)
  const modules = readdirSync(folder).map(
    (file) => /^\s*(?:--.*\s+)*([\w-]+) +DEFINITIONS/m.exec(readFileSync(join(folder, file), 'utf8'))?.[1],
  )
  for (const name of [...imported, 'SNMPv2-MIB']) expect(modules).toContain(name)
})

test('modules that are there already are not written again: the disk may be full', () => {
  const folder = join(tempFolder(), 'mibs')
  const root = [1, 3, 6, 1, 4, 1, 32_473]
  exportMibs(folder, root)
  const inodes = () => readdirSync(folder).map((name) => statSync(join(folder, name)).ino)
  const before = inodes()
  exportMibs(folder, root)
  expect(inodes()).toEqual(before)
})
