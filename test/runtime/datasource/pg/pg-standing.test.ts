import { expect, test } from 'vitest'
import { pgStandingOf } from '../../../../runtime/src/datasource/pg/pg-standing.ts'

test('the timeline of a server that accepts writes is the first part of the name of its log', () => {
  const row = { standby: false, position: '100663608', walfile: '0000001A00000000000000A1', timeline: null, lagMs: 0 }
  expect(pgStandingOf(row)).toEqual({ isWritable: true, timeline: 26, position: 100_663_608n, lagMs: 0 })
})

test('a standby has the timeline that it receives, where its role may know that', () => {
  const row = { standby: true, position: '7', walfile: null, timeline: 2, lagMs: 12.5 }
  expect(pgStandingOf(row)).toEqual({ isWritable: false, timeline: 2, position: 7n, lagMs: 12.5 })
  expect(pgStandingOf({ ...row, timeline: null, lagMs: null })).toMatchObject({ timeline: 0, lagMs: undefined })
})

test('types that the application has told pg to read as text are read as well', () => {
  expect(pgStandingOf({ standby: 't', position: '7', walfile: null, timeline: '2', lagMs: '3' })).toMatchObject({
    isWritable: false,
    lagMs: 3,
  })
})
