import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { changeOf, mutantsOf } from '../../scripts/mutation/mutants.ts'
import { equivalents, filesOf, targets } from '../../scripts/mutation/targets.ts'

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

test.for(equivalents)('$file: "$line" is excepted and still there', ({ file, line, change }) => {
  const text = readFileSync(file, 'utf8')
  const lines = text.split('\n')
  const found = mutantsOf(text).filter((mutant) => lines[mutant.line - 1]?.trim() === line)
  expect(found.map((mutant) => changeOf(text, mutant))).toContainEqual(change ?? expect.any(String))
})

const testFiles = readdirSync('test', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.test.ts'))

test.for(targets)('the target $name has something to change in each source, and a test for each of its paths', (target) => {
  for (const source of target.sources) {
    const mutants = filesOf({ ...target, sources: [source] }, '.').flatMap((file) => mutantsOf(readFileSync(file, 'utf8')))
    expect([source, mutants.length]).toEqual([source, expect.toSatisfy((count: number) => count > 0)])
  }
  const ofProject = testFiles
    .filter((name) => name.includes('.process.test.') === (target.project === 'process'))
    .map((name) => join('test', name))
  for (const path of target.tests) expect(ofProject).toContainEqual(expect.stringContaining(path))
})

test('a source that was moved is an error', () => {
  expect(() => filesOf({ name: 'gone', sources: ['agent/src/gone.ts'], tests: [] }, '.')).toThrow('agent/src/gone.ts')
})
