import { expect, test } from 'vitest'
import { type EngineFunction, functionRules } from '../../../../collector/src/store/gate/functions.ts'

const fn = (name: string, more: Partial<EngineFunction> = {}): EngineFunction => ({
  name,
  alias_to: '',
  categories: '',
  origin: 'System',
  isAggregate: false,
  isHigherOrder: false,
  ...more,
})
const rules = functionRules([
  fn('plus'),
  fn('arrayMap', { isHigherOrder: true }),
  fn('file'),
  fn('fileAlias', { alias_to: 'file' }),
  fn('aiClassify'),
  fn('ask', { categories: 'AI' }),
  fn('mine', { origin: 'SQLUserDefined' }),
  fn('sum', { isAggregate: true }),
  fn('argMax', { isAggregate: true }),
  fn('dictGetSum', { isAggregate: true }),
])

test.each(['plus', 'PLUS', 'in', 'lambda', 'sum', 'sumIf', 'sumMapIf', 'SUMORNULL', 'argMaxMergeState', 'sumArrayForEachIf'])(
  '%s may be called',
  (name) => {
    expect(rules.mayCall(name)).toBe(true)
    expect(rules.isDenied(name)).toBe(false)
  },
)

test.each(['file', 'FILE', 'fileAlias', 'aiClassify', 'ask', 'mine', 'dictGetSum'])('%s may not be called, nor named', (name) => {
  expect(rules.mayCall(name)).toBe(false)
  expect(rules.isDenied(name)).toBe(true)
})

test.each(['nosuch', 'plusIf', 'fileIf', 'OrNull', '', 'dictGetSumIf'])('%s is not known, so it may not be called', (name) => {
  expect(rules.mayCall(name)).toBe(false)
})

test('a function that takes another one is known in any case', () => {
  expect([rules.takesFunction('ARRAYMAP'), rules.takesFunction('plus'), rules.takesFunction('nosuch')]).toEqual([true, false, false])
})
