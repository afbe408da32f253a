import { createRegistry } from '@spyglass/agent/registry'
import { kindNamed } from '@spyglass/mbeans/kinds'
import { expect, test } from 'vitest'
import { PAGING_BROKEN, registerReceivers, resourceOf, watchDeliveries } from '../../../collector/src/alert/delivery-watch.ts'
import { Evaluator } from '../../../collector/src/alert/evaluator.ts'
import type { Incident } from '../../../collector/src/alert/incident.ts'
import type { Delivery } from '../../../collector/src/notify/index.ts'
import { english } from '../../../collector/src/words/index.ts'

const at = (now: number) => ({ now, words: english })
const failing: Delivery = { receiver: 'pager', waiting: 2, failingSince: 1000, reason: 'receiver pager answered 400' }

test('a receiver that has accepted nothing for a minute is an incident until it accepts', () => {
  const incidents: Incident[] = []
  const evaluator = new Evaluator({ incidents, save: () => {}, onTransition: () => {}, now: () => 61_000 })
  watchDeliveries([failing], evaluator, at(60_999))
  expect(incidents).toEqual([])
  watchDeliveries([failing], evaluator, at(61_000))
  watchDeliveries([failing], evaluator, at(62_000))
  expect(incidents).toMatchObject([{ rule: PAGING_BROKEN, resource: resourceOf('pager'), state: 'firing', since: 1000 }])
  expect(incidents[0]?.summary).toBe('Receiver pager accepts no pages, 2 wait: receiver pager answered 400.')
  watchDeliveries([{ receiver: 'pager', waiting: 0, lastSuccess: 63_000 }], evaluator, at(63_000))
  expect(incidents).toMatchObject([{ state: 'resolved' }])
  watchDeliveries([{ ...failing, failingSince: 64_000 }], evaluator, at(124_000))
  expect(incidents.map(({ state }) => state)).toEqual(['resolved', 'firing'])
  watchDeliveries([], evaluator, at(125_000)) // it is not configured any more
  expect(incidents.map(({ state }) => state)).toEqual(['resolved', 'resolved'])
})

test('each receiver is a resource that says what became of its pages', () => {
  const registry = createRegistry({ kindNamed })
  let deliveries: readonly Delivery[] = [{ receiver: 'pager', waiting: 0 }]
  registerReceivers(registry, { deliveries: () => deliveries })
  const state = (): unknown => registry.find(resourceOf('pager'))?.read('state')
  expect(state()).toBe('unused')
  deliveries = [failing]
  expect(state()).toBe('failing')
  deliveries = [{ receiver: 'pager', waiting: 0, lastSuccess: 5 }]
  expect(state()).toBe('ok')
})

test('receivers come and go while the server runs', () => {
  const registry = createRegistry({ kindNamed })
  let deliveries: readonly Delivery[] = [{ receiver: 'pager', waiting: 0 }]
  const receivers = registerReceivers(registry, { deliveries: () => deliveries })
  deliveries = [{ receiver: 'mail', waiting: 0 }]
  receivers.update()
  expect(['pager', 'mail'].map((name) => registry.find(resourceOf(name)) !== undefined)).toEqual([false, true])
})
