import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mysqlStandingOf, positionOf } from '../../../../runtime/src/datasource/mysql2/mysql2-standing.ts'

const copying = { Slave_IO_Running: 'Yes', Slave_SQL_Running: 'Yes', Seconds_Behind_Master: 3 }

test('a server that copies another accepts no writes, though it is not read-only', () => {
  expect(mysqlStandingOf({ readOnly: 0, gtid: '0-1-7' }, [copying])).toEqual({ isWritable: false, timeline: 0, position: 7n, lagMs: 3000 })
  expect(mysqlStandingOf({ readOnly: 0, gtid: '' }, [{ ...copying, Slave_SQL_Running: 'No' }]).isWritable).toBe(false)
  expect(mysqlStandingOf({ readOnly: 0, gtid: '' }, [{ Slave_IO_Running: 'No', Slave_SQL_Running: 'No' }]).isWritable).toBe(true)
  expect(mysqlStandingOf({ readOnly: 0, gtid: '' }, []).isWritable).toBe(true)
})

test('how far one is behind is not known while it does not copy, or may not be known', () => {
  expect(mysqlStandingOf({ readOnly: 1, gtid: '' }, [{ ...copying, Seconds_Behind_Master: null }]).lagMs).toBeUndefined()
  expect(mysqlStandingOf({ readOnly: 1, gtid: '' }, undefined).lagMs).toBeUndefined()
  expect(mysqlStandingOf({ readOnly: 0, gtid: '' }, undefined)).toMatchObject({ isWritable: true, lagMs: 0 })
})

test.for([
  ['', 0n],
  ['0-1-42', 42n],
  ['0-1-42,1-3-8', 50n],
  ['3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5', 5n],
  ['3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5:9,\n4350f323-7565-11e5-8a6f-0242ac110002:3', 7n],
] as const)('the position of %j is %s', ([gtid, expected]) => {
  expect(positionOf(gtid)).toBe(expected)
})

test('any text has a position', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(typeof positionOf(text)).toBe('bigint')
    }),
  )
})
