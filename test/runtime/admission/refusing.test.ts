import { expect, test } from 'vitest'
import { CALM_MS, Refusing } from '../../../runtime/src/admission/refusing.ts'

function openRefusing() {
  const told: unknown[] = []
  const refusing = new Refusing({ began: (reason) => told.push(reason), ended: (count, durationMs) => told.push([count, durationMs]) })
  return { refusing, told }
}

test('the first refusal begins an incident, which ends when there was none for a while', () => {
  const { refusing, told } = openRefusing()
  refusing.refused('overloaded_loop', 1000)
  refusing.refused('overloaded_pool', 1500)
  refusing.look(1500 + CALM_MS - 1)
  expect([told, refusing.isRefusing, refusing.durationMs(2000)]).toEqual([['overloaded_loop'], true, 1000])
  refusing.look(1500 + CALM_MS)
  expect([told.slice(1), refusing.isRefusing, refusing.durationMs(9000)]).toEqual([[[2, 500 + CALM_MS]], false, 0])
})

test('the next one counts from its own beginning; counts by reason go on', () => {
  const { refusing, told } = openRefusing()
  refusing.refused('overloaded_loop', 0)
  refusing.end(10)
  refusing.end(20)
  refusing.refused('overloaded_loop', 100_000)
  refusing.end(100_001)
  expect(told).toEqual(['overloaded_loop', [1, 10], 'overloaded_loop', [1, 1]])
  expect([refusing.total, [...refusing.byReason]]).toEqual([2, [['overloaded_loop', 2]]])
})
