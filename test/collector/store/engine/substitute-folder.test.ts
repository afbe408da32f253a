import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { substituteFor } from '../../../../collector/src/store/engine/substitute-folder.ts'
import { tempFolder } from '../../../support/temp-folder.ts'

/** A folder of the engine with one table of one part. */
function engineFolder(): string {
  const path = join(tempFolder(), 'clickhouse')
  const [definitions, table] = [join(path, 'store/90e/90e6278f'), join(path, 'store/1eb/1eb05c63')]
  for (const folder of [definitions, join(table, 'all_1_1_0'), join(path, 'metadata'), join(path, 'data')])
    mkdirSync(folder, { recursive: true })
  writeFileSync(join(path, 'status'), 'PID: 1')
  writeFileSync(join(definitions, 't.sql'), 'SETTINGS non_replicated_deduplication_window = 10000, index_granularity = 8192')
  writeFileSync(join(table, 'all_1_1_0/data.bin'), 'rows')
  writeFileSync(join(path, 'metadata/spyglass.sql'), 'ATTACH DATABASE')
  symlinkSync('../store/90e/90e6278f', join(path, 'metadata/spyglass'))
  return path
}

test('tables are those of the original, definitions ask for no log of deduplication, and what the engine writes beside them is its own', () => {
  const path = engineFolder()
  using substitute = substituteFor(path, [tempFolder()])
  const at = (name: string): string => join(substitute.path, name)
  expect(readFileSync(at('metadata/spyglass/t.sql'), 'utf8')).toBe(
    'SETTINGS non_replicated_deduplication_window = 0, max_bytes_to_merge_at_max_space_in_pool = 1, max_bytes_to_merge_at_min_space_in_pool = 1, index_granularity = 8192',
  )
  expect(readFileSync(at('metadata/spyglass.sql'), 'utf8')).toBe('ATTACH DATABASE')
  writeFileSync(at('status'), 'PID: 2')
  writeFileSync(at('store/1eb/1eb05c63/new'), 'a part')
  expect(readFileSync(join(path, 'status'), 'utf8')).toBe('PID: 1')
  expect(readFileSync(join(path, 'store/1eb/1eb05c63/new'), 'utf8')).toBe('a part') // on its disk or nowhere
})

test('parts that were not finished are not there, and what the engine removes of the others it removes of its own folder alone', () => {
  const path = engineFolder()
  const table = join(path, 'store/1eb/1eb05c63')
  for (const name of ['tmp_insert_1_1_0', 'tmp-fetch_1', 'delete_tmp_all_1_1_0']) mkdirSync(join(table, name))
  writeFileSync(join(table, 'format_version.txt'), '1')
  using substitute = substituteFor(path, [tempFolder()])
  const mirrored = join(substitute.path, 'store/1eb/1eb05c63')
  expect(readdirSync(mirrored).toSorted()).toEqual(['all_1_1_0', 'format_version.txt'])
  expect(readFileSync(join(mirrored, 'all_1_1_0/data.bin'), 'utf8')).toBe('rows')
  rmSync(join(mirrored, 'all_1_1_0'), { recursive: true })
  expect(readFileSync(join(table, 'all_1_1_0/data.bin'), 'utf8')).toBe('rows')
  expect(readdirSync(table)).toContain('tmp_insert_1_1_0')
})

test('what is left after its end is the original', () => {
  const path = engineFolder()
  const substitute = substituteFor(path, [tempFolder()])
  substitute[Symbol.dispose]()
  expect(existsSync(substitute.path)).toBe(false)
  expect(readFileSync(join(path, 'store/1eb/1eb05c63/all_1_1_0/data.bin'), 'utf8')).toBe('rows')
})

test('the first folder that can be written is taken', () => {
  const [missing, good] = [join(tempFolder(), 'none'), tempFolder()]
  using substitute = substituteFor(engineFolder(), [missing, good])
  expect(substitute.path.startsWith(good)).toBe(true)
  expect(() => substituteFor(engineFolder(), [missing])).toThrow(/ENOENT/)
})
