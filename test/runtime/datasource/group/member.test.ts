import { expect, test } from 'vitest'
import { answered, refused, unanswered, UNKNOWN } from '../../../../runtime/src/datasource/group/member.ts'

const standing = { isWritable: true, timeline: 1, position: 0n, lagMs: 0 }

test('a member is down after as many unanswered questions in a row as are allowed, and not before', () => {
  const once = unanswered(answered(UNKNOWN, standing, 1), 'silent', 2)
  expect(once.health).toBe('up')
  expect(answered(once, standing, 2)).toMatchObject({ failures: 0, upSince: Number.NEGATIVE_INFINITY })
  expect(unanswered(once, 'silent', 2)).toMatchObject({ health: 'down', lastError: 'silent', standing })
})

test('one refused connection is enough', () => {
  expect(refused(answered(UNKNOWN, standing, 1), 'ECONNREFUSED').health).toBe('down')
})

test('since when it is up counts from the first answer after it was down', () => {
  const back = answered(refused(UNKNOWN, 'gone'), standing, 7)
  expect([back.upSince, answered(back, standing, 9).upSince]).toEqual([7, 7])
})
