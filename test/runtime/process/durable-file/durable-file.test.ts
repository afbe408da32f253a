import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writeDurably } from '@spyglass/process/durable-file'
import { tempFolder } from '../../../support/temp-folder.ts'

test('the new content takes the place of the old, private, and nothing is left aside', () => {
  const folder = tempFolder()
  const file = join(folder, 'state.json')
  writeDurably(file, 'one, which is longer')
  writeDurably(file, 'two')
  expect(readFileSync(file, 'utf8')).toBe('two')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(readdirSync(folder)).toEqual(['state.json'])
})
