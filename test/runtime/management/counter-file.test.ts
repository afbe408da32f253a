import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { counterFile } from '../../../runtime/src/management/counter-file.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const memory = [{ source: 'shop-1', ended: [['requests', 3]] as const, living: [[7, [['requests', 4]]]] as const }]

test('a keeper finds what its last management kept; the next keeper begins with nothing', () => {
  const run = tempFolder()
  const note = join(run, 'keeper.json')
  writeFileSync(note, '{"pid":1}')
  expect(counterFile({ run }).read()).toEqual([])
  counterFile({ run }).write(memory)
  expect(counterFile({ run }).read()).toEqual(memory)
  rmSync(note)
  writeFileSync(join(run, 'other'), '')
  writeFileSync(note, '{"pid":1}')
  expect(counterFile({ run }).read()).toEqual([])
})

test('a file that cannot be read counts as none', () => {
  const run = tempFolder()
  for (const text of ['', '{"memory":', 'null', '{"keeper":"","memory":7}']) {
    writeFileSync(join(run, 'counters.json'), text)
    expect(counterFile({ run }).read()).toEqual([])
  }
})
