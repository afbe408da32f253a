import { expect, test } from 'vitest'
import { redactText } from '../../../agent/src/redact/free-text.ts'
import { redactStatements } from '../../../agent/src/redact/statements.ts'

test.each([
  ["executed SELECT * FROM t WHERE a='x'", 'executed SELECT * FROM t WHERE a=?'],
  ["query select a from t where b = 'x' took", 'query select a from t where b = ? took'],
  ["slow query 12ms SELECT a FROM t WHERE b = 'x'", 'slow query 12ms SELECT a FROM t WHERE b = ?'],
  ["ran INSERT INTO t VALUES ('x')", 'ran INSERT INTO t VALUES (?)'],
  ["sql=SELECT a FROM t WHERE b='x'", 'sql=SELECT a FROM t WHERE b=?'],
  ["executed … WHERE a='x'", 'executed … WHERE a=?'],
  ["it ends in AND name = 'x'\nat b", 'it ends in AND name = ?\nat b'],
  ["executed CALL login('bob', 'x')", 'executed CALL login(?, ?)'],
  ["near ''x' at line 1", 'near ? at line 1'],
  ['at or near "\'x"', 'at or near ?'],
  ['params: ["x"]', 'params: [redacted]'],
  ['{"params":["x",[1]],"n":1}', '{"params":"[redacted]","n":1}'],
  ["parameters: $1 = 'x', $2 = 'y'\nb", 'parameters: [redacted]\nb'],
  ["[parameters: ('x', 3)]", '[parameters: [redacted]]'],
  ['bindings=[x]', 'bindings=[redacted]'],
  ['==> Parameters: x(String), 3(Integer)', '==> Parameters: [redacted]'],
  ['binding parameter [1] as [VARCHAR] - [x]', 'binding parameter [1] as [VARCHAR] - [redacted]'],
])('%j', (text, expected) => {
  const once = redactStatements(text).replaceAll(/\s+/g, (space) => space[0] as string)
  expect(once).toBe(expected)
  expect(redactText(text)).not.toContain("'x'")
  expect(redactText(once), 'again').toBe(once)
})

test.each([
  'where did it go',
  'where a = b',
  'please update the set of files',
  'delete from cart pressed',
  'select an item from the list',
  'executed 3 migrations in 12 ms',
  'params: 3',
  'params: []',
  'parameters are valid',
  'the set of values (a, b)',
  "it's where we're going",
  'count = 3 and name = x',
  'bind: EADDRINUSE',
])('%j stays as it is', (text) => {
  expect(redactText(text)).toBe(text)
})
