import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writeEngineFiles } from '../../../../collector/src/store/engine/engine-files.ts'
import { tempFolder } from '../../../support/temp-folder.ts'

test('the user may read our database and a few system tables; all else hangs on the role that readers shed', () => {
  const { folder } = writeEngineFiles(join(tempFolder(), 'engine'), 1)
  const users = readFileSync(join(folder, 'users.xml'), 'utf8')
  const grants = (part: string): string[] => [...part.matchAll(/<query>(.*?)<\/query>/g)].map((match) => match[1]!)
  const [user = '', role = ''] = users.split('<roles>')
  expect(grants(user)).toEqual([
    'GRANT SELECT, SHOW ON spyglass.*',
    'GRANT SELECT ON system.databases',
    'GRANT SELECT ON system.tables',
    'GRANT SELECT ON system.columns',
    'GRANT SELECT ON system.data_skipping_indices',
    'GRANT SELECT ON system.functions',
    'GRANT SELECT ON system.settings',
    'GRANT SELECT ON system.data_type_families',
    'GRANT SELECT ON system.formats',
    'GRANT SELECT ON system.table_engines',
    'GRANT SELECT ON system.table_functions',
    'GRANT SELECT ON system.aggregate_function_combinators',
    'GRANT SELECT ON system.collations',
    'GRANT SELECT ON system.keywords',
    'GRANT SELECT ON system.time_zones',
    'GRANT SELECT ON system.one',
    'GRANT SELECT ON system.numbers',
    'GRANT spyglass_owner',
  ])
  expect(grants(role)).toContain('GRANT READ ON FILE')
})

test('at rest the engine looks at its memory twice a second', () => {
  const { config } = writeEngineFiles(join(tempFolder(), 'engine'), 1)
  expect(readFileSync(config, 'utf8')).toContain('<memory_worker_period_ms>500</memory_worker_period_ms>')
})

test('the engine is given its memory, and nobody else can read the files', () => {
  const { config, folder } = writeEngineFiles(join(tempFolder(), 'engine'), 123_456_789)
  expect(readFileSync(config, 'utf8')).toContain('<max_server_memory_usage>123456789</max_server_memory_usage>')
  expect([statSync(config).mode & 0o777, statSync(folder).mode & 0o777]).toEqual([0o600, 0o700])
})
