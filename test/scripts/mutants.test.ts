import { expect, test } from 'vitest'
import { mutantsOf } from '../../scripts/mutation/mutants.ts'

const changed = (text: string): string[] =>
  mutantsOf(text).map(({ start, end, replacement }) => text.slice(0, start) + replacement + text.slice(end))

test('operators, conditions, numbers, truth values and calls are changed, one at a time', () => {
  expect(changed('a < 1')).toEqual(['a <= 1', 'a >= 1', 'a < 2'])
  expect(changed('x = !y')).toEqual(['x = y'])
  expect(changed('if (ok) run()')).toEqual(['if (false) run()', 'if (true) run()', 'if (ok) ;'])
  expect(changed('const b = true')).toEqual(['const b = false'])
  expect(changed('i++')).toEqual(['i--'])
})

test('types, imports and texts are left as they are', () => {
  expect(changed("import { a } from './a.ts'\ntype T = 1 | 2\nconst t: T = '7' as T")).toEqual([])
})

test('a mutant knows its line', () => {
  expect(mutantsOf('const a = 1\n\nconst b = 2').map(({ line }) => line)).toEqual([1, 3])
})
