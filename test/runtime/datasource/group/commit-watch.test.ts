import { expect, test } from 'vitest'
import { CommitWatch } from '../../../../runtime/src/datasource/group/commit-watch.ts'

const lost = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })

function watch() {
  const seen = { unknown: 0 }
  const commits = new CommitWatch({ name: 'shop', system: 'postgresql', target: () => 'a:5432/shop', unknown: () => void seen.unknown++ })
  return { seen, codeOf: (error: Error, text: string, isIn = true) => (commits.errorOf(error, text, isIn) as { code?: string }).code }
}

test('a commit whose connection was lost before the answer is told apart, with what happened', () => {
  const { seen, codeOf } = watch()
  const ended = Object.assign(new Error('terminating connection due to administrator command'), { code: '57P01' })
  expect([lost, ended, new Error('Connection terminated unexpectedly')].map((error) => codeOf(error, 'COMMIT'))).toEqual(
    Array.from({ length: 3 }, () => 'SPY_COMMIT_UNKNOWN'),
  )
  expect(codeOf(lost, 'INSERT INTO a VALUES (1)', false)).toBe('SPY_COMMIT_UNKNOWN')
  expect(seen.unknown).toBe(4)
})

test('an error whose outcome is known is handed on as it is', () => {
  const { seen, codeOf } = watch()
  expect(codeOf(Object.assign(new Error('duplicate key'), { code: '23505' }), 'COMMIT')).toBe('23505')
  expect(codeOf(lost, 'INSERT INTO a VALUES (1)')).toBe('ECONNRESET') // in a transaction, which is rolled back
  expect(codeOf(lost, 'SELECT 1', false)).toBe('ECONNRESET')
  expect(codeOf(new Error('Client has encountered a connection error and is not queryable'), 'COMMIT')).toBeUndefined()
  expect(seen.unknown).toBe(0)
})
