import { expect, test } from 'vitest'
import { allowedSettings } from '../../../../collector/src/store/settings/allowed.ts'
import { knownSettings } from '../../../../collector/src/store/settings/setting-names.ts'

const rules = allowedSettings({ maxMemoryBytes: 1000, maxResultBytes: 100, maxResultRows: 10, maxExecutionSeconds: 30 })

test('limits are those of the store', () => {
  expect(rules('max_memory_usage')).toEqual({ kind: 'limit', max: 1000 })
  expect(rules('max_result_rows')).toEqual({ kind: 'limit', max: 10 })
})

test('settings that name files, and those that open something, are not allowed', () => {
  for (const name of [
    'output_format_schema',
    'format_schema',
    'format_template_row',
    'input_format_avro_schema_registry_url',
    'allow_ddl',
    'dialect',
  ])
    expect([name, rules(name)]).toEqual([name, undefined])
  expect(rules('output_format_json_quote_64bit_integers')).toEqual({ kind: 'any' })
})

test('what is allowed is what the engine has of it', () => {
  const known = knownSettings(
    [
      ['limit', 'UInt64', '0'],
      ['allow_ddl', 'Bool', '1'],
      ['extremes', 'Bool', '0'],
    ],
    rules,
  )
  expect(known.allowed).toEqual(['extremes', 'limit'])
  expect([known.typeOf('allow_ddl'), known.typeOf('nosuch')]).toEqual(['Bool', undefined])
  expect([known.hasValue('limit', '0'), known.hasValue('limit', '1'), known.hasValue('nosuch', '')]).toEqual([true, false, false])
})

test('a Bool has its value in both spellings', () => {
  const known = knownSettings(
    [
      ['extremes', 'Bool', '0'],
      ['enable_analyzer', 'Bool', '1'],
      ['dialect', 'Dialect', 'true'],
    ],
    rules,
  )
  expect([known.hasValue('extremes', 'false'), known.hasValue('extremes', 'true'), known.hasValue('enable_analyzer', 'true')]).toEqual([
    true,
    false,
    true,
  ])
  expect([known.hasValue('dialect', 'true'), known.hasValue('dialect', '1')]).toEqual([true, false])
})
