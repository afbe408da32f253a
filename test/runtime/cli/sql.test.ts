import { expect, test } from 'vitest'
import { answerLines } from '../../../runtime/src/cli/sql.ts'

const answer = { member: 'a', rows: [], changes: 0, isCut: false, error: '' }

test('rows are columns, below the name of their member where there are several', () => {
  const rows = ['{"name":"tea","price":7}', '{"name":null,"price":"12.50"}']
  expect(answerLines({ ...answer, rows, isCut: true }, true)).toEqual(['a:', 'name  price', 'tea   7', '      12.50', '… and perhaps more'])
})

test('what has no rows says what it did, or why not', () => {
  expect(answerLines(answer, false)).toEqual(['no rows'])
  expect(answerLines({ ...answer, changes: 2 }, false)).toEqual(['2 rows changed'])
  expect(answerLines({ ...answer, error: 'no such table' }, true)).toEqual(['a:', 'error: no such table'])
})
