import { join } from 'node:path'
import { createRegistry } from '@spyglass/agent/registry'
import { kindNamed } from '@spyglass/mbeans/kinds'
import { expect, test } from 'vitest'
import { type CollectorParts, registerCollector } from '../../collector/src/collector-resource.ts'
import { tempFolder } from '../support/temp-folder.ts'

/** What a collector shows of its disk before anything has come. */
function diskShown(folder: string): readonly unknown[] {
  const registry = createRegistry({ kindNamed })
  const parts = { ingest: { wal: undefined, inserter: undefined, readableUntil: Date.now() }, folder } as unknown as CollectorParts
  registerCollector(registry, 'collector', parts)
  const bean = registry.find('spyglass:type=Collector,name=collector')
  return ['diskUsed', 'diskSize'].map((name) => bean?.read(name))
}

test('the disk of the data has a size, and less of it is in use', () => {
  const [used, size] = diskShown(tempFolder()).map(Number) as [number, number]
  expect(used).toBeGreaterThan(0)
  expect(size).toBeGreaterThanOrEqual(used)
})

test('of a folder that is not there it is not known', () => {
  expect(diskShown(join(tempFolder(), 'gone'))).toEqual([undefined, undefined])
})
