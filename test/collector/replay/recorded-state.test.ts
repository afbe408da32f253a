import { parseRecordings, type Recording } from '@spyglass/dashboards'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { resourcesAt, sliceOf } from '../../../collector/src/replay/recorded-state.ts'

const recorded = (text: string): Recording => parseRecordings(text).recordings[0]!

const shop = recorded(`
- it: one
  lasts: 10m
  resources:
    eventLoop process=shop-1: { delayP99: { 0s: 20 ms, 1m: gone } }
  services:
    shop GET /cart:
      0s: { requests: { 50 ms: 60 }, errors: 6 }
      2m: { requests: {} }
`)

test('a resource is there while something of it is known, with its keys', () => {
  expect(resourcesAt(shop, 0)[0]).toEqual({ kind: 'eventLoop', keys: { process: 'shop-1' }, values: { process: 'shop-1', delayP99: 0.02 } })
  expect(resourcesAt(shop, 60_000).map(({ kind }) => kind)).toEqual(['instance'])
})

test('a service has an instance that counts its requests', () => {
  const instance = (atMs: number) => resourcesAt(shop, atMs).at(-1)
  expect(instance(90_000)).toMatchObject({ keys: { name: 'shop-1' }, values: { state: 'ready', requests: 90, errors: 9 } })
  expect(instance(600_000)).toMatchObject({ values: { requests: 120, errors: 12 } })
})

test('however it is sliced, each request is counted once', () => {
  const [route] = shop.routes
  const all = sliceOf(route!, 0, 180_000)
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 179_999 }), { maxLength: 20 }), (cuts) => {
      const times = [0, ...cuts.toSorted((a, b) => a - b), 180_000]
      const slices = times.slice(1).map((to, at) => sliceOf(route!, times[at]!, to))
      expect(slices.flatMap(({ requests }) => requests).reduce((sum, { count }) => sum + count, 0)).toBe(120)
      expect(slices.reduce((sum, { errors }) => sum + errors, 0)).toBe(all.errors)
    }),
  )
})
