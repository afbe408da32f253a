import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { parseRecordings, valueAt } from '../../../dashboards/src/rules/recording.ts'

const good = {
  it: 'the loop is blocked',
  lasts: '10m',
  from: '1m',
  resources: { 'eventLoop process=shop-1': { delayP99: { '0s': '20 ms', '..2m': '60 ms', '3m30s': 'gone' } } },
  services: { 'shop GET /cart': { '-1h': { requests: { '50 ms': 600, '2s': 6 }, errors: 3 } } },
  events: { '2m': 'spyglass.pool.exhausted datasource instance=shop-1 name=orders' },
  fires: '3m..',
}
const mistakesOf = (change: object): readonly string[] => parseRecordings(stringify([{ ...good, ...change }])).mistakes

test('a recording says what resources showed, what services did, what happened and when the rule fires', () => {
  const [recording] = parseRecordings(stringify([good])).recordings
  expect(recording).toMatchObject({
    it: 'the loop is blocked',
    lastsMs: 600_000,
    fromMs: 60_000,
    routes: [
      {
        service: 'shop',
        route: 'GET /cart',
        phases: [
          {
            atMs: -3_600_000,
            errorsPerMinute: 3,
            requests: [
              { seconds: 0.05, perMinute: 600 },
              { seconds: 2, perMinute: 6 },
            ],
          },
        ],
      },
    ],
    events: [{ atMs: 120_000, name: 'spyglass.pool.exhausted', resource: 'spyglass:type=Datasource,instance=shop-1,name=orders' }],
    fires: [{ fromMs: 180_000, toMs: Infinity }],
  })
  expect(recording?.resources[0]).toMatchObject({ kind: { name: 'eventLoop' }, keys: { process: 'shop-1' } })
})

test('a value holds from its time on, or is reached in a straight line', () => {
  const steps = parseRecordings(stringify([good])).recordings[0]!.resources[0]!.attributes['delayP99']!
  expect([0, 60_000, 120_000, 209_000, 210_000, 900_000].map((at) => valueAt(steps, at))).toEqual([
    0.02,
    expect.closeTo(0.04, 9),
    0.06,
    0.06,
    undefined,
    undefined,
  ])
  expect(valueAt([{ atMs: 5, value: 1, isLinear: false }], 4)).toBeUndefined()
})

test('every mistake is named with its recording', () => {
  expect(parseRecordings('a: 1').mistakes).toEqual(['it is not a YAML list of recordings'])
  expect(parseRecordings('[{').mistakes[0]).toMatch(/^it is not YAML: /)
  expect(mistakesOf({ color: 1 })).toEqual(['recording 1: it has it, lasts, from, resources, services, events, fires, and no color'])
  expect(mistakesOf({ it: '' })).toEqual(['recording 1: it says what happens (it)'])
  expect(mistakesOf({ lasts: 'long' })).toEqual(['recording 1: lasts: long is no time such as 90s, 5m or 1h'])
  expect(mistakesOf({ resources: { 'loop process=a': {} } })).toEqual(['recording 1: loop process=a: there is no kind loop'])
  expect(mistakesOf({ resources: { eventLoop: {} } })).toEqual(['recording 1: eventLoop: eventLoop has the keys process'])
  expect(mistakesOf({ resources: { 'eventLoop process=a': { delayP99: '5 MiB' } } })).toEqual([
    'recording 1: delayP99: "5 MiB" is no number with a unit of s',
  ])
  expect(mistakesOf({ resources: { 'eventLoop process=a': { none: 1 } } })[0]).toBe('recording 1: eventLoop has no none')
  expect(mistakesOf({ resources: { 'eventLoop process=a': { delayP99: { '2m': '1 s', '1m': '2 s' } } } })).toEqual([
    'recording 1: delayP99: its times are in order',
  ])
  expect(mistakesOf({ services: { shop: { '0s': { calls: 3 } } } })[0]).toMatch(/at 0s there are requests/)
  expect(mistakesOf({ events: { '2m': 'spyglass.none instance name=a' } })).toEqual([
    'recording 1: events: there is no event spyglass.none',
  ])
})

test('any text gives recordings or mistakes, and never throws', () => {
  const text = fc.oneof(
    fc.string(),
    fc.json().map((json) => stringify([JSON.parse(json)])),
  )
  fc.assert(
    fc.property(text, (one) => {
      const { recordings, mistakes } = parseRecordings(one)
      expect(recordings.length === 0).toBe(mistakes.length > 0)
    }),
  )
})
