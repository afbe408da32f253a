import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { until } from '../../../support/until.ts'
import { scriptedPool } from './scripted-driver.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

test('a handle that was collected within the first second is a leak when that is over, one collected later at once', async () => {
  const { pool, clock, lent, told } = scriptedPool({ max: 2 })
  const [early, late] = [(await lent()).borrow, (await lent()).borrow]
  const kept: object[] = [{}]
  early.handle = new WeakRef({})
  late.handle = new WeakRef(kept[0]!)
  await until(() => {
    collectGarbage()
    return early.handle?.deref() === undefined
  })
  expect(told).toEqual([])
  clock.advance(1000)
  expect([told.filter((text) => text === 'collected').length, pool.borrows.size]).toEqual([1, 1])
  kept.pop()
  await until(() => {
    collectGarbage()
    return pool.borrows.size === 0
  })
  expect(pool.figures.leaks).toBe(2)
})

test('a handle that was returned is no leak when it is collected', async () => {
  const { pool, clock, lent, told } = scriptedPool()
  const { borrow } = await lent()
  borrow.handle = new WeakRef({})
  clock.advance(1000)
  pool.return(borrow)
  collectGarbage()
  await new Promise((resolve) => setImmediate(resolve))
  expect([told.includes('collected'), pool.figures.leaks]).toEqual([false, 0])
})
