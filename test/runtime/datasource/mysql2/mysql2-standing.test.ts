import { expect, test } from 'vitest'
import { mysqlStandingOf } from '../../../../runtime/src/datasource/mysql2/mysql2-standing.ts'

const copying = { Slave_IO_Running: 'Yes', Slave_SQL_Running: 'Yes', Seconds_Behind_Master: 3 }

test('a server that copies another accepts no writes, though it is not read-only', () => {
  expect(mysqlStandingOf({ readOnly: 0 }, [copying])).toEqual({ isWritable: false, timeline: 0, position: 0n, gtid: '', lagMs: 3000 })
  expect(mysqlStandingOf({ readOnly: 0 }, [{ ...copying, Slave_SQL_Running: 'No' }]).isWritable).toBe(false)
  expect(mysqlStandingOf({ readOnly: 0 }, [{ Slave_IO_Running: 'No', Slave_SQL_Running: 'No' }]).isWritable).toBe(true)
  expect(mysqlStandingOf({ readOnly: 0 }, []).isWritable).toBe(true)
})

test('how far one is behind is not known while it does not copy, or may not be known', () => {
  expect(mysqlStandingOf({ readOnly: 1 }, [{ ...copying, Seconds_Behind_Master: null }]).lagMs).toBeUndefined()
  expect(mysqlStandingOf({ readOnly: 1 }, undefined).lagMs).toBeUndefined()
  expect(mysqlStandingOf({ readOnly: 0 }, undefined)).toMatchObject({ isWritable: true, lagMs: 0 })
})

test.for([
  [{ logBin: 1, gtid: '0-1-42,0-2-50', copied: '' }, '0-1-42,0-2-50'],
  [{ logBin: 1, gtid: '0-2-50', copied: '0-1-42' }, '0-2-50,0-1-42'],
  [{ logBin: 1, gtid: '3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5', gtidMode: 'ON' }, '3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5'],
  [{ logBin: 1, gtid: '3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5', gtidMode: 'OFF_PERMISSIVE' }, ''],
  [{ logBin: 0, gtid: '', copied: '0-1-42' }, ''],
  [{}, ''],
] as const)('of %j it tells the transactions %j: none unless it knows all', ([row, expected]) => {
  expect(mysqlStandingOf({ readOnly: 0, ...row }, []).gtid).toBe(expected)
})
