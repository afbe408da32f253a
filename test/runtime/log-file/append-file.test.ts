import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { AppendFile } from '../../../runtime/src/log-file/append-file.ts'
import { tempFolder } from '../../support/temp-folder.ts'

test('a failure and the recovery are told once each, with the number of lines lost', async () => {
  const folder = tempFolder()
  const told: string[] = []
  const path = join(folder, 'sub', 'a.log')
  writeFileSync(join(folder, 'sub'), 'a file in the way')
  const file = new AppendFile({
    path,
    onFailure: () => told.push('failed'),
    onRecovery: (dropped) => told.push(`recovered after ${dropped}`),
  })
  for (const line of ['1\n', '2\n']) {
    file.write(line)
    await file.flush()
  }
  rmSync(join(folder, 'sub'))
  mkdirSync(join(folder, 'sub'))
  file.write('3\n')
  await file.stop()
  expect(told).toEqual(['failed', 'recovered after 2'])
  expect(readFileSync(path, 'utf8')).toBe('3\n')
})

test('what waits is bounded, and lines after the stop are dropped', async () => {
  const path = join(tempFolder(), 'a.log')
  const file = new AppendFile({ path, maxBuffered: 10 })
  for (let n = 0; n < 10; n++) file.write(`line ${n}\n`)
  expect(file.dropped).toBeGreaterThan(5)
  await file.stop()
  const { dropped } = file
  file.write('late\n')
  expect(file.dropped).toBe(dropped + 1)
  expect(readFileSync(path, 'utf8')).toMatch(/^line 0\n/)
})
