import { expect, test } from 'vitest'
import { sessionAccess, sessionSecrets } from '../../../runtime/src/session/index.ts'

const secrets = { internal: { token: 't'.repeat(43) } }

test('each name has a key and a token of its own, the same in every process', () => {
  const all = ['a', 'b'].flatMap((name) => Object.values(sessionSecrets(secrets, name)))
  expect(new Set(all).size).toBe(4)
  expect(sessionSecrets(secrets, 'a')).toEqual(sessionSecrets(secrets, 'a'))
  expect(all.every((text) => !text.includes('tt') && text.length === 43)).toBe(true)
})

test('an instance gets those of its own sessions alone, and one without sessions nothing', () => {
  expect(Object.keys(sessionAccess(secrets, '/s', ['b'])?.secrets ?? {})).toEqual(['b'])
  expect(sessionAccess(secrets, '/s', [])).toBeUndefined()
})
