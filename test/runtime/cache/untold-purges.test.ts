import { expect, test } from 'vitest'
import { UntoldPurges } from '../../../runtime/src/cache/untold-purges.ts'

test('purges are told together and once', () => {
  const untold = new UntoldPurges()
  untold.add({ keys: ['a', 'b'] })
  untold.add({ keys: ['b'], tags: ['t'] })
  expect([untold.isAny, untold.take(), untold.isAny, untold.take()]).toEqual([true, { keys: ['a', 'b'], tags: ['t'] }, false, undefined])
})

test('too many of them are a purge of all', () => {
  const untold = new UntoldPurges()
  for (let i = 0; i < 1001; i++) untold.add({ keys: [`k${i}`] })
  untold.add({ keys: ['one more'] })
  expect([untold.take(), untold.take()]).toEqual([{ all: true }, undefined])
  untold.add({ all: true })
  expect(untold.take()).toEqual({ all: true })
})
