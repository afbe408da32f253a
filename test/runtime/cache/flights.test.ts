import { expect, test } from 'vitest'
import { Flights } from '../../../runtime/src/cache/flights.ts'
import { settled } from './fixture.ts'

test('who asks for a key joins the flight under way, until it has landed', async () => {
  const flights = new Flights<number>()
  const { promise, resolve } = Promise.withResolvers<number>()
  const first = flights.join('k', [], () => promise)
  expect(flights.join('k', [], () => Promise.resolve(2))).toBe(first)
  resolve(1)
  expect(await first).toBe(1)
  await settled()
  expect([flights.size, await flights.join('k', [], () => Promise.resolve(2))]).toEqual([0, 2])
})

test('a purge detaches the flights of its keys and tags, and those whose tags nobody knows yet', () => {
  const flights = new Flights<number>()
  const never = new Promise<number>(() => {})
  const outdated: Record<string, () => boolean> = {}
  const begin = (key: string, tags: readonly string[] | undefined): void =>
    void flights.join(key, tags, (flight) => {
      outdated[key] = () => flight.isOutdated
      return never
    })
  begin('a', ['x'])
  begin('b', ['y'])
  begin('c', undefined)
  const all = (): boolean[] => Object.values(outdated).map((is) => is())
  flights.detach({ keys: ['b'] })
  expect(all()).toEqual([false, true, false])
  flights.detach({ tags: ['z'] })
  expect(all()).toEqual([false, true, true])
  flights.detach({ tags: ['x'] })
  expect(all()).toEqual([true, true, true])
  begin('d', [])
  flights.detach({ all: true })
  expect([all(), flights.size]).toEqual([[true, true, true, true], 4])
})

test('a flight that fails fails for all, and the next one is new', async () => {
  const flights = new Flights<number>()
  const failing = (): Promise<number> => Promise.reject(new Error('down'))
  const both = await Promise.allSettled([flights.join('k', [], failing), flights.join('k', [], failing)])
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(await flights.join('k', [], () => Promise.resolve(1))).toBe(1)
})
