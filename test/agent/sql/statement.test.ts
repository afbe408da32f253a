import { assert, array, constantFrom, property, tuple } from 'fast-check'
import { expect, test } from 'vitest'
import { normaliseStatement } from '../../../agent/src/sql/statement.ts'

test.each([
  ['redis', 'SET user:1 hunter2 EX 10', 'SET ? ? ? ?'],
  ['redis', 'AUTH default hunter2', 'AUTH ? ?'],
  ['redis', 'SET a "x\nsecret y"\nGET b', 'SET ? ?…'],
  ['redis', 'GET a\nGET b\nSET c d', 'GET ?\nSET ? ?'],
  ['redis', `MGET${' k'.repeat(20)}`, `MGET${' ?'.repeat(8)}…`],
  ['redis', 'config set requirepass hunter2', 'config set ? ?'],
  ['redis', 'config hunter2', 'config ?'],
  ['redis', 'hunter2', '?'],
  ['valkey', '', ''],
  ['memcached', 'set key 0 60 5\r\nsecret', 'set ? ? ? ?…'],
  [
    'mongodb',
    '{"find":"users","filter":{"name":"bob","age":{"$gt":5}},"tags":["a","b"]}',
    '{"find":?,"filter":{"name":?,"age":{"$gt":?}},"tags":[?]}',
  ],
  ['mongodb', "db.users.find({name: 'bob', _id: ObjectId('a)b')}).limit(5)", 'db.users.find({name:?,_id:?}).limit(?)'],
  ['mongodb', "{'d': datetime.datetime(2020, 1, 1), 'n': None, \"e\\\"\": new Date(5)}", "{'d':?,'n':?,?:?}"],
  ['mongodb', '{"bob@example.com":1,"$set":2,"@timestamp":3}', '{?:?,"$set":?,"@timestamp":?}'],
  ['mongodb', '{"f":/secret/,"g":1}', '{"f":…'],
  ['mongodb', '{"a":[{"x":1},{"x":2},{"y":3}]}', '{"a":[{"x":?},{"y":?}]}'],
  ['mongodb', '{"a":"never closed', '{"a":?'],
  ['mongodb', '{"a key with spaces":1,"name":2}', '{?:?,"name":?}'],
  ['mongodb', 'secret', '?'],
  ['mongodb', '{"a":1]', '{"a":?…'],
  ['elasticsearch', '{"query":{"match":{"m":"secret"}}}\n{"index":{}}', '{"query":{"match":{"m":?}}}…'],
  ['opensearch', 'GET /x/_search', '?…'],
  ['dynamodb', "SELECT * FROM t WHERE a = 'x'", 'SELECT * FROM t WHERE a = ?'],
  ['dynamodb', '{"TableName":"t"}', '{"TableName":?}'],
  ['cosmosdb', 'SELECT * FROM c WHERE c.a = "x"', 'SELECT * FROM c WHERE c.a = ?'],
  ['', '{"password":"x"}', '{"password":?}'],
  ['graphql', '{ user(id: 7) { id } }', '{ user(id: ?) { id } }'],
  ['influxdb', 'SELECT "a" FROM cpu', 'SELECT "a" FROM cpu'],
  [
    'influxdb',
    'from(bucket: "b")\n  |> filter(fn: (r) => r.host == "secret" and r.m =~ /secret/) // secret',
    'from(bucket: ?) |> filter(fn: (r) => r.host == ? and r.m =~ ?)',
  ],
  ['influxdb', 'import "secret"', 'import ?'],
  ['influxdb', 'weather,location=secret temperature=82', '?'],
  ['influxdb', 'INSERT weather,location=secret temperature=82', '?'],
  ['postgresql', "SELECT 'x'", 'SELECT ?'],
])('%s: %j', (system, text, expected) => {
  expect(normaliseStatement(text, system)).toBe(expected)
})

const fragment = constantFrom(
  ...'{ } [ ] ( ) , : "a" "secret value" \'b\' c 1 -5 null ObjectId( db.x.find( / \\ ? … " \' GET SET CONFIG'.split(' '),
  ' ',
  '\n',
  '{"a":1},',
)

test('normalising twice changes nothing more', () => {
  assert(
    property(tuple(array(fragment, { maxLength: 25 }), constantFrom('mongodb', 'redis')), ([parts, system]) => {
      const once = normaliseStatement(parts.join(''), system)
      expect(normaliseStatement(once, system)).toBe(once)
    }),
    { numRuns: 5000 },
  )
})

test('a document is cut between two tokens, and a deep one is not read to its end', () => {
  const long = normaliseStatement(`{${Array.from({ length: 2000 }, (_, i) => `"k${i}":1`).join()}}`, 'mongodb')
  expect(long).toMatch(/^\{"k0":\?.*…$/)
  expect(long.length).toBeLessThanOrEqual(4096)
  expect(normaliseStatement('['.repeat(10_000), 'mongodb').length).toBeLessThan(100)
})
