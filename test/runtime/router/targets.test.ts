import { expect, test } from 'vitest'
import { Targets } from '../../../runtime/src/router/targets.ts'

const instance = (name: string) => ({ name, address: { host: '127.0.0.1', port: 1 } })

test('an instance that failed rests while there are others, and is tried again when there is none', () => {
  let now = 0
  const targets = new Targets({ now: () => now, restMs: 100 })
  const [one, two] = [instance('a-1'), instance('a-2')]
  targets.set([one, two])
  targets.failed(one)
  expect([targets.next(), targets.next(), targets.next()]).toEqual([two, two, two])
  expect(targets.next(new Set(['a-2']))).toBe(one)
  expect(targets.next(new Set(['a-1', 'a-2']))).toBeUndefined()
  now = 100
  expect(new Set([targets.next(), targets.next()])).toEqual(new Set([one, two]))
  targets.failed(one)
  targets.set([one])
  expect(targets.next()).toBe(one)
  targets.set([])
  expect([targets.next(), targets.size]).toEqual([undefined, 0])
})
