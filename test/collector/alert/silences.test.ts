import { expect, test } from 'vitest'
import { type Silence, Silences } from '../../../collector/src/alert/silences.ts'

function bench() {
  let now = Date.UTC(2030, 0, 1)
  const stored: Silence[] = []
  let saved = 0
  const silences = new Silences({ silences: stored, save: () => saved++, now: () => now })
  return { silences, stored, saves: () => saved, pass: (ms: number) => (now += ms), at: (ms: number) => new Date(now + ms).toISOString() }
}

const shop = { pool: 'shop', alertname: 'PoolExhausted' }

test('a silence covers alerts whose labels all its matchers fit, from its start to its end', () => {
  const { silences, at, pass, saves } = bench()
  const { id } = silences.add(
    { matchers: ['pool=shop', 'alertname=~"Pool.*"'], startsAt: at(1000), endsAt: at(3000), comment: 'c' },
    'mara',
  )
  expect(saves()).toBe(1)
  const states: string[] = []
  for (let i = 0; i < 4; i++) {
    states.push(`${silences.list()[0]?.state} ${silences.covering(shop).length}`)
    pass(1000)
  }
  expect(states).toEqual(['pending 0', 'active 1', 'active 1', 'expired 0'])
  expect(silences.list()).toMatchObject([{ id, createdBy: 'mara', comment: 'c' }])
})

test('labels that one matcher does not fit are not covered', () => {
  const { silences, at } = bench()
  silences.add({ matchers: ['pool=shop', 'alertname=InstanceDown'], endsAt: at(1000), comment: 'c' }, 'mara')
  expect(silences.covering(shop)).toEqual([])
})

test('a silence that is ended covers nothing from then on, and stays in the list for five days', () => {
  const { silences, at, pass, stored } = bench()
  const { id } = silences.add({ matchers: ['pool=shop'], endsAt: at(1000), comment: 'c' }, 'mara')
  silences.expire(id)
  expect(silences.covering(shop)).toEqual([])
  expect(silences.list()).toMatchObject([{ id, state: 'expired' }])
  pass(5 * 86_400_000 + 1)
  silences.add({ matchers: ['pool=blog'], endsAt: at(1000), comment: 'c' }, 'mara')
  expect(stored.map((one) => one.id)).not.toContain(id)
  expect(() => silences.expire(id)).toThrow(expect.objectContaining({ code: 'SPY_SILENCE_NAME_UNKNOWN' }))
})

test('what would withhold everything, has no reason, or has no end is refused', () => {
  const { silences, at } = bench()
  const good = { matchers: ['pool=shop'], endsAt: at(1000), comment: 'c' }
  for (const wrong of [
    { matchers: [] },
    { matchers: undefined },
    { matchers: ['pool=~".*"'] },
    { matchers: ['pool=""', 'service!="x"'] },
    { comment: ' ' },
    { comment: undefined },
    { endsAt: undefined },
    { endsAt: 'tomorrow' },
    { endsAt: at(-1000) },
    { startsAt: at(2000) },
  ])
    expect(() => silences.add({ ...good, ...wrong }, 'mara')).toThrow(expect.objectContaining({ code: 'SPY_SILENCE_INVALID' }))
})
