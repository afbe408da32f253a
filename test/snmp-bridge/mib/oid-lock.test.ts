import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { lockBreaches, lockOf, type OidLock } from '../../../snmp-bridge/src/mib/oid-lock.ts'

const lock = JSON.parse(readFileSync(new URL('../../../snmp-bridge/oid-lock.json', import.meta.url), 'utf8')) as OidLock

test('no number of the MIB has changed, is given twice, or is missing in oid-lock.json', () => {
  expect(lockBreaches(lock, lockOf())).toEqual([])
})

test('a changed, a reused and a new number are each reported', () => {
  const columns = { name: 2, state: 3 }
  const table = (numbers: Record<string, number>): OidLock => ({
    tables: { instance: { number: 2, index: 1, columns: numbers } },
    agent: {},
    event: {},
    notifications: {},
  })
  const before = table(columns)
  expect(lockBreaches(before, table({ name: 2, state: 4 }))).toEqual(['columns.instance.state was 3 and is 4 now'])
  expect(lockBreaches(before, table({ name: 2, pid: 3 }))).toEqual(['columns.instance.pid uses 3, which belongs to columns.instance.state'])
  expect(lockBreaches(before, table({ ...columns, pid: 4 }))).toEqual(['columns.instance.pid = 4 is not in the lock: add it'])
  expect(lockBreaches(before, table({ name: 2 }))).toEqual([])
})
