import { expect, test } from 'vitest'
import { causesOfWork } from '../../../../agent/src/recorder/verdict/cpu-causes.ts'
import type { LoopRequest, LoopWork } from '../../../../agent/src/recorder/verdict/loop-evidence.ts'

const own = { requestContext: {}, spanId: 'b'.repeat(16) }
const ran = (request: LoopRequest | undefined, location: string): LoopWork => ({ startMs: 0, endMs: 1, request, location })

test('a request is known by what its code carries, or by the id of its span; the place is where most of its time was seen', () => {
  const causes = causesOfWork(
    new Map([
      [ran({ ...own, name: 'GET /a' }, 'a.ts:1'), 10],
      [ran({ spanId: own.spanId, name: 'GET /a' }, 'a.ts:2'), 30],
      [ran({ requestContext: own.requestContext, name: 'GET /a' }, ''), 50],
      [ran(undefined, 'cron.ts:3'), 5],
      [ran(undefined, 'cron.ts:4'), 0],
    ]),
    own,
  )
  expect(causes).toEqual([
    { cause: { cause: 'own_cpu', location: 'a.ts:2' }, count: 0, ms: 90 },
    { cause: { cause: 'background_cpu', location: 'cron.ts:3' }, count: 0, ms: 5 },
  ])
})

test('others of one name are one cause, which says how many they were and leads to the longest that was kept', () => {
  const [first, second] = [
    { requestContext: {}, name: 'GET /b', traceId: '1' },
    { requestContext: {}, name: 'GET /b', traceId: '2' },
  ]
  const unkept = { requestContext: {}, name: 'GET /b' }
  const causes = causesOfWork(
    new Map([
      [ran(first, 'b.ts:1'), 10],
      [ran(second, 'b.ts:1'), 20],
      [ran(unkept, 'b.ts:9'), 25],
      [ran({ spanId: 'c', name: 'GET /c' }, ''), 1],
    ]),
    own,
  )
  expect(causes).toEqual([
    { cause: { cause: 'other_cpu', peer: 'GET /b', location: 'b.ts:1', traceId: '2' }, count: 3, ms: 55 },
    { cause: { cause: 'other_cpu', peer: 'GET /c' }, count: 1, ms: 1 },
  ])
})
