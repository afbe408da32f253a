import { expect, test } from 'vitest'
import { StatementShapes } from '../../../agent/src/sql/statement-shapes.ts'

test('texts that differ in literals, white space or the case of words share one shape', () => {
  const shapes = new StatementShapes()
  const one = shapes.of('SELECT a FROM t WHERE b IN (1)', 'postgresql')
  expect(shapes.of('select a\nfrom t where b in (2,3)', 'postgresql')).toBe(one)
  expect(one).toMatchObject({ text: 'SELECT a FROM t WHERE b IN (?)', operation: 'SELECT' })
})

test('the same text is read by the rules of its system', () => {
  const shapes = new StatementShapes()
  expect(shapes.of('SELECT "a"', 'postgresql').text).toBe('SELECT "a"')
  expect(shapes.of('SELECT "a"', 'mysql').text).toBe('SELECT ?')
  expect(shapes.of('SELECT "a"', 'mariadb')).toBe(shapes.of('SELECT "a"', 'mysql'))
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

test('a long text is found by its digest', () => {
  const shapes = new StatementShapes()
  const long = (first: number): string => `SELECT a FROM t WHERE id IN (${Array.from({ length: 5000 }, (_, n) => first + n).join()})`
  expect(shapes.of(long(1), 'sqlite')).toBe(shapes.of(long(7), 'sqlite'))
  expect(shapes.of(long(1), 'sqlite').text).toBe('SELECT a FROM t WHERE id IN (?)')
})

test('its plan is given to one span of each trace, whenever that is sent again', () => {
  const shape = new StatementShapes().of('SELECT a FROM t', 'postgresql')
  expect(shape.planFor('trace 1', 'span 1')).toBeUndefined()
  shape.plan = 'Seq Scan'
  const asked = ['1 1', '1 2', '1 1', '2 3', '2 4'].map((ids) => ids.split(' ') as [string, string])
  expect(asked.map(([trace, span]) => shape.planFor(trace, span))).toEqual(['Seq Scan', undefined, 'Seq Scan', 'Seq Scan', undefined])
})
