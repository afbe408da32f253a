import { expect, test } from 'vitest'
import { jobsAccess, jobsToken } from '../../../runtime/src/jobs/jobs-access.ts'

const secrets = { internal: { token: 't'.repeat(43) } }

test('each queue has a token of its own, the same in every process', () => {
  expect(jobsToken(secrets, 'a')).toBe(jobsToken(secrets, 'a'))
  expect(jobsToken(secrets, 'a')).not.toBe(jobsToken(secrets, 'b'))
  expect(jobsToken(secrets, 'a')).toMatch(/^[\w-]{43}$/)
})

test('an instance gets those of its own queues alone, and one without jobs nothing', () => {
  expect(jobsAccess(secrets, '/s', ['b'])).toEqual({ socket: '/s', tokens: { b: jobsToken(secrets, 'b') } })
  expect(jobsAccess(secrets, '/s', [])).toBeUndefined()
})
