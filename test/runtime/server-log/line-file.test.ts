import { mkdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { LineFile } from '../../../runtime/src/server-log/line-file.ts'
import { tempFolder } from '../../support/temp-folder.ts'

test('a line is in the file at once, and after a rename in the new one', () => {
  const path = join(tempFolder(), 'a.log')
  const file = new LineFile(path, () => 'dropped')
  file.write('1\n')
  expect(readFileSync(path, 'utf8')).toBe('1\n')
  renameSync(path, `${path}-old`)
  file.write('2\n')
  file.close()
  expect([readFileSync(`${path}-old`, 'utf8'), readFileSync(path, 'utf8')]).toEqual(['1\n', '2\n'])
})

test('a file that cannot be opened costs its lines until it can, and the first that is written says how many', () => {
  const folder = join(tempFolder(), 'logs')
  const path = join(folder, 'a.log')
  const file = new LineFile(path, (dropped, reason) => `dropped ${dropped}: ${reason}`)
  expect(() => file.open()).toThrow(expect.objectContaining({ code: 'ENOENT' }))
  file.write('1\n')
  file.write('2\n')
  mkdirSync(folder)
  file.write('3\n')
  file.close()
  expect(readFileSync(path, 'utf8')).toBe('\ndropped 2: ENOENT\n3\n')
})
