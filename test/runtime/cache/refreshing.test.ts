import { expect, test } from 'vitest'
import { Refreshing } from '../../../runtime/src/cache/refreshing.ts'
import { storedOf, type StoredValue } from '../../../runtime/src/cache/stored-value.ts'
import { ManualClock } from '../datasource/fixture.ts'
import { heldLoad, settled } from './fixture.ts'

function open(refresh: () => Promise<StoredValue | undefined>) {
  const clock = new ManualClock()
  const failures: unknown[] = []
  const refreshing = new Refreshing({ refresh, everyMs: 500, clock, onFailure: (error) => void failures.push(error) })
  return { clock, failures, refreshing }
}

test('who reads first waits; who reads later does not, also while it is refreshed', async () => {
  const { load, begun } = heldLoad<StoredValue>()
  const { clock, refreshing } = open(load)
  const first = refreshing.read()
  begun[0]!.resolve(storedOf('a'))
  expect(await first).toBe('a')
  await settled()
  clock.advance(500)
  expect([begun.length, await refreshing.read()]).toEqual([2, 'a'])
  clock.advance(5000)
  expect(begun).toHaveLength(2) // one at a time
  begun[1]!.resolve(storedOf('b'))
  await settled()
  expect(await refreshing.read()).toBe('b')
  refreshing.stop()
})

test('as long as there is no value, readers get the error of the last load, and no load of their own', async () => {
  let loads = 0
  const { clock, failures, refreshing } = open(() => (++loads === 1 ? Promise.reject(new Error('down')) : Promise.resolve(storedOf('up'))))
  await expect(refreshing.read()).rejects.toThrow('down')
  await expect(refreshing.read()).rejects.toThrow('down')
  expect([loads, failures.length]).toEqual([1, 1])
  clock.advance(500)
  await settled()
  expect([await refreshing.read(), loads]).toEqual(['up', 2])
  refreshing.stop()
})

test('after a purge nobody reads what was before, also if that was being loaded; many purges are one load more', async () => {
  const { load, begun } = heldLoad<StoredValue>()
  const { refreshing } = open(load)
  const before = refreshing.read()
  for (let i = 0; i < 100; i++) refreshing.purge()
  begun[0]!.resolve(storedOf('old'))
  await settled()
  expect(begun).toHaveLength(2)
  begun[1]!.resolve(storedOf('new'))
  expect([await before, await refreshing.read(), begun.length]).toEqual(['new', 'new', 2])
  refreshing.stop()
})

test('while another instance loads the first value, it is looked for again soon', async () => {
  let looks = 0
  const { clock, refreshing } = open(() => Promise.resolve(++looks < 3 ? undefined : storedOf('theirs')))
  const read = refreshing.read()
  for (let i = 0; i < 2; i++) {
    await settled()
    clock.advance(50)
  }
  expect([await read, looks]).toEqual(['theirs', 3])
  refreshing.stop()
  await settled()
  clock.advance(5000)
  expect([looks, clock.timers]).toEqual([3, 0])
})

test('who waits for the first value when it is stopped waits no longer', async () => {
  const { refreshing } = open(() => Promise.resolve(undefined))
  const read = refreshing.read()
  await settled()
  refreshing.stop(new Error('closed'))
  await expect(read).rejects.toThrow('closed')
  await expect(refreshing.read()).rejects.toThrow('closed')
})
