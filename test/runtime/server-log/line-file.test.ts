import { readFileSync, renameSync } from 'node:fs'
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
