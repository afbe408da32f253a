import { expect, test } from 'vitest'
import { nameInstead } from '../../../collector/src/store/reader-name.ts'
import { growthExponent } from '../../support/growth.ts'

test.each([
  ['SELECT currentUser()', "SELECT ('ann' AS `currentUser()`)"],
  ['SELECT upper(current_user()) AS a', "SELECT upper(('ann' AS `current_user()`)) AS a"],
  ['SELECT user() AS me, 1', "SELECT 'ann' AS me, 1"],
  ['SELECT `user`()', "SELECT ('ann' AS `user()`)"],
  ['SELECT currentUser(), authenticatedUser()', "SELECT ('ann' AS `currentUser()`), ('ann' AS `authenticatedUser()`)"],
  ['SELECT current_user, CURRENT_USER AS me', "SELECT ('ann' AS `current_user`), 'ann' AS me"],
  ["SELECT 1 WHERE session_user = 'x'", "SELECT 1 WHERE ('ann' AS `session_user`) = 'x'"],
  ["SELECT current_user FROM (SELECT 'x' AS current_user)", undefined],
  ['SELECT t.current_user, arrayMap(current_user -> current_user, [1])', undefined],
  ['SELECT \'currentUser()\', `currentUser()`, "user()"', undefined],
  ["SELECT 'it\\'s currentUser()'", undefined],
  ['SELECT user(1), myUser()', undefined],
  ['SELECT user, USER AS me', "SELECT ('ann' AS `user`), 'ann' AS me"],
  ['SELECT user, count() FROM (SELECT 5 AS user) GROUP BY user', undefined],
  ['SELECT arrayMap((user, b) -> (user + b), [1], [2])', undefined],
  ['SELECT arrayMap((b, user) -> (user + b), [1], [2])', undefined],
  [
    'SELECT transform(user, x -> x), arrayMap((a, b) -> user, [1])',
    "SELECT transform(('ann' AS `user`), x -> x), arrayMap((a, b) -> ('ann' AS `user`), [1])",
  ],
  ["SELECT user FROM values('id UInt8, user String', (1, 'x'))", undefined],
  ["SELECT SpanAttributes['user'] = user", "SELECT SpanAttributes['user'] = ('ann' AS `user`)"],
  ['SELECT {user:String}', undefined],
  ['SELECT * FROM user', undefined],
  ['DESCRIBE TABLE user', undefined],
  ['EXISTS user', undefined],
])('%s', (formatted, right) => expect(nameInstead(formatted, 'ann')).toBe(right))

test('a name with quotes stays a text', () =>
  expect(nameInstead('SELECT currentUser() AS a', "o'hara\\")).toBe("SELECT 'o\\'hara\\\\' AS a"))

test.each(['user, ', '`user`, ', '(user, ', 'user -> ', '(user, x) -> ', '-> ) '])(
  'many times %j takes time in proportion to its length',
  (piece) => {
    expect(growthExponent(100, (size) => () => nameInstead(`SELECT ${piece.repeat(size)}user`, 'ann'))).toBeLessThan(1.5)
  },
)
