import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { isInsert, parseInsert } from '../../../collector/src/store/insert-statement.ts'

test.each([
  ['INSERT INTO events FORMAT Native', undefined],
  ['insert into table `spyglass`.`events` format Native;', undefined],
  ['INSERT INTO spyglass.events (Time, `Name`) FORMAT Native', ['Time', 'Name']],
])('%s is read', (sql, columns) => {
  expect(isInsert(sql)).toBe(true)
  expect(parseInsert(sql)).toEqual({ table: 'events', columns, format: 'Native' })
})

test.each([
  ['INSERT INTO nosuch FORMAT Native', 60],
  ['INSERT INTO toString FORMAT Native', 60],
  ['INSERT INTO system.tables FORMAT Native', 62],
  ['INSERT INTO events SELECT 1', 62],
  ['INSERT INTO events VALUES (1)', 62],
  ["INSERT INTO FUNCTION file('x') FORMAT Native", 62],
  ['INSERT INTO events SETTINGS x = 1 FORMAT Native', 62],
  ["INSERT INTO events FORMAT Native SELECT file('x')", 62],
  ['INSERT INTO events FORMAT Template', 73],
])('%s is refused with code %d', (sql, number) => {
  expect(() => parseInsert(sql)).toThrow(expect.objectContaining({ number }))
})

test('any text is read or refused with a code', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const read = (): unknown => {
        try {
          return parseInsert(`INSERT INTO ${text}`)
        } catch (error) {
          return error
        }
      }
      expect(Object.keys(read() as object)).toContainEqual(expect.stringMatching(/^(table|number)$/))
    }),
  )
})
