import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createLogger } from '@spyglass/process/logger'
import { expect, test } from 'vitest'
import { SampleWindows } from '../../../collector/src/alert/sample-windows.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const logger = createLogger({ process: 'test', level: 'silent' })

test('a window goes on after kill -9 with what was saved last', () => {
  const folder = tempFolder()
  const first = new SampleWindows({ folder, logger })
  const before = first.of('instance.restarts', 60_000)
  before.add('a', 3, 100_000)
  before.add('a', 4, 110_000)
  first.save()
  before.add('a', 5, 120_000) // after the last save
  const next = new SampleWindows({ folder, logger })
  expect(next.of('instance.restarts', 60_000).add('a', 6, 150_000)).toEqual([
    { time: 100_000, value: 3 },
    { time: 110_000, value: 4 },
    { time: 150_000, value: 6 },
  ])
  expect(next.of('v8Heap.used', 60_000).add('a', 1, 150_000)).toHaveLength(1)
  for (const windows of [first, next]) windows.stop()
})

test('two rules about a number share its samples, each as far back as it looks', () => {
  const windows = new SampleWindows({ logger })
  const short = windows.of('instance.restarts', 20_000)
  const long = windows.of('instance.restarts', 60_000)
  expect(long).toBe(short)
  for (const time of [0, 10_000, 20_000, 30_000]) short.add('a', time, time, 20_000)
  expect(short.add('a', 30_000, 30_001, 20_000)).toHaveLength(2)
  expect(long.add('a', 30_000, 30_002, 60_000)).toHaveLength(4)
})

test('a damaged file costs the windows and nothing else', () => {
  const folder = tempFolder()
  for (const text of ['{', '[]', '{"a":{"b":[[1,"2"]]}}', '{"a":1}']) {
    writeFileSync(join(folder, 'rule-windows.json'), text)
    const damage: string[] = []
    const windows = new SampleWindows({ folder, logger, onDamage: ({ reason }) => damage.push(reason) })
    expect(windows.of('a', 1000).add('b', 1, 1)).toHaveLength(1)
    expect(damage).toHaveLength(1)
    windows.stop()
  }
})
