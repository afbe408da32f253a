import { expect, test } from 'vitest'
import { StatementShapes } from '../../../agent/src/sql/statement-shapes.ts'

test('texts that normalise alike share one shape', () => {
  const shapes = new StatementShapes()
  const one = shapes.of('SELECT 1', 'postgresql')
  expect(shapes.of('SELECT  2', 'postgresql')).toBe(one)
  expect(one).toMatchObject({ text: 'SELECT ?', operation: 'SELECT' })
})

test('the same text is read by the rules of its system', () => {
  const shapes = new StatementShapes()
  expect(shapes.of('SELECT "a"', 'postgresql').text).toBe('SELECT "a"')
  expect(shapes.of('SELECT "a"', 'mysql').text).toBe('SELECT ?')
})

test('a shape in use outlives a flood of other statements', () => {
  const shapes = new StatementShapes()
  const kept = shapes.of('SELECT kept', 'postgresql')
  for (let n = 0; n < 10_000; n++) {
    shapes.of(`SELECT c${n} FROM t`, 'postgresql')
    if (n % 500 === 0) shapes.of('SELECT kept', 'postgresql')
  }
  expect(shapes.of('SELECT kept', 'postgresql')).toBe(kept)
})
