import { expect, onTestFinished, test, vi } from 'vitest'
import { now } from '../../../agent/src/recorder/clock.ts'
import { job } from '../../../agent/src/recorder/kinds/job.ts'
import { recordPoolWait } from '../../../agent/src/recorder/record-pool-wait.ts'
import { runRoot } from '../../../agent/src/recorder/run-root.ts'
import { recording } from './fixture.ts'

test('every wait is counted, and one that took long is a child of the borrower', () => {
  vi.useFakeTimers({ toFake: ['performance'] }) // a stall of the machine would be a wait
  onTestFinished(() => void vi.useRealTimers())
  vi.advanceTimersByTime(1000)
  const { recorder, spans, counted } = recording()
  runRoot(recorder, { kind: job, detail: { system: 'test', name: 'waits' }, name: 'waits' }, () => {
    recordPoolWait(recorder, { system: 'mysql', pool: 'shop' }, now())
    recordPoolWait(recorder, { system: 'mysql', pool: 'shop' }, now() - 20, Object.assign(new Error('no'), { code: 'POOL_FULL' }))
    vi.advanceTimersByTime(1)
  })
  expect(spans.map(({ name }) => name)).toEqual(['run waits', 'wait shop'])
  expect(spans[1]).toMatchObject({ kind: 1, status: { code: 'error' }, attributes: { 'error.type': 'POOL_FULL' } })
  expect(counted('db.client.connection.wait_time')).toMatchObject([{}, { 'error.type': 'POOL_FULL' }])
})
