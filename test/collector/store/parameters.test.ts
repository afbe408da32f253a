import { expect, test } from 'vitest'
import { bindParameters, checkParameters } from '../../../collector/src/store/parameters.ts'
import type { StoreSession } from '../../../collector/src/store/session.ts'

function recording() {
  const log: string[] = []
  const session = {
    query: async (sql: string) => {
      log.push(sql)
    },
    renew: async () => {
      log.push('renewed')
    },
  } as unknown as StoreSession
  return { session, log }
}

test('parameters are set as texts that cannot end early', async () => {
  const { session, log } = recording()
  await bindParameters(
    session,
    new Map([
      ['a', "x', param_b = '\\"],
      ['n', '1'],
    ]),
    'SELECT {a:String}',
  )
  expect(log).toEqual(["SET param_a = 'x\\', param_b = \\'\\\\', param_n = '1'"])
})

test('a session whose leftovers the statement would see is renewed', async () => {
  const { session, log } = recording()
  await bindParameters(session, new Map([['a', '1']]), 'SELECT {a:String}')
  await bindParameters(session, new Map(), 'SELECT 1')
  expect(log).toHaveLength(1)
  await bindParameters(session, new Map(), 'SELECT { a :String}')
  expect(log.at(-1)).toBe('renewed')
  await bindParameters(session, new Map(), 'SELECT {a:String}')
  expect(log).toHaveLength(2)
})

test.each([
  ['a name that is none', new Map([['a b', '1']]), 36],
  ['too many', new Map(Array.from({ length: 101 }, (_, i) => [`p${i}`, ''])), 36],
  ['too long', new Map([['a', 'x'.repeat(300_000)]]), 218],
])('%s is refused', (_, parameters, number) => {
  expect(() => checkParameters(parameters)).toThrow(expect.objectContaining({ number }))
})
