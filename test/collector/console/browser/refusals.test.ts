import { refusals } from '@spyglass/process/listener'
import { expect, test } from 'vitest'
import { refusalRows, refusalText } from '../../../../collector/src/console/browser/refusals.ts'

test('what was refused is listed by application and instance, most first', () => {
  const shop = (instance: string, count: number) => ({ name: 'shop', instance, refusals: [{ reason: 'queue_full', count }] })
  expect(refusalRows([shop('shop-1', 3), shop('shop-2', 7), { name: 'idle', instance: 'idle-1', refusals: [] }])).toEqual([
    { application: 'shop', instance: 'shop-2', reason: 'queue_full', count: 7 },
    { application: 'shop', instance: 'shop-1', reason: 'queue_full', count: 3 },
  ])
})

test('what admission, rate limits, locks and queues say has words of its own, anything else its name', () => {
  const known = Object.keys(refusals).filter((reason) => /^(overloaded|rate|queue|key|address)_/.test(reason))
  expect(known.length).toBeGreaterThan(8)
  expect(known.filter((reason) => refusalText(reason) === reason.replaceAll('_', ' '))).toEqual([])
  expect(refusalText('body_too_large')).toBe('body too large')
})
