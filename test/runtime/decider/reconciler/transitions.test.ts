import { expect, test } from 'vitest'
import {
  becameHealthy,
  becameReady,
  becameUnhealthy,
  condemned,
  ended,
  historyOf,
  notOpened,
  nothing,
  opened,
  started,
  startedPartly,
} from '../../../../runtime/src/decider/reconciler/index.ts'
import { policy, processOf } from './world.ts'

const running = () => becameReady(started(nothing, processOf('shop-1'), 1, 0), 1)

test('only a slow start counts as one, and each counts once', () => {
  const hung = condemned(running(), 1, { text: 'hung' })
  expect(historyOf(hung, 'shop-1').slowStarts).toBe(0)
  const slow = condemned(started(nothing, processOf('shop-1'), 1, 0), 1, { text: 'slow', isSlow: true })
  expect(historyOf(slow, 'shop-1').slowStarts).toBe(1)
  expect(condemned(slow, 1, { text: 'again', isSlow: true })).toBe(slow)
})

test('a listener that opens is there once, and its failures before are forgotten', () => {
  const failed = notOpened(notOpened(opened(nothing, 'other'), 'http', 5), 'http', 7)
  expect(failed.closedListeners.get('http')).toEqual({ failures: 2, failedAt: 7 })
  const open = opened(opened(failed, 'http'), 'http')
  expect(open.listeners).toEqual([{ id: 'other' }, { id: 'http' }])
  expect(open.closedListeners.size).toBe(0)
  expect(failed.closedListeners.size).toBe(1) // facts are never changed in place
})

test('health is a fact of a generation that serves, and recovery of that generation alone', () => {
  const starting = started(nothing, processOf('shop-1'), 1, 0)
  expect(becameUnhealthy(starting, 1, 'bad', 5)).toBe(starting)
  const both = becameReady(started(running(), processOf('jobs-1'), 2, 0), 2)
  const ill = becameUnhealthy(becameUnhealthy(both, 1, 'bad', 5), 2, 'worse', 5)
  expect(becameHealthy(ill, 2).generations.map(({ unhealthy }) => unhealthy)).toEqual(['bad', undefined])
  expect(becameHealthy(ill, 7).generations).toEqual(ill.generations)
})

test('a series of replacements ends with a life that was longer than its health checks take', () => {
  const life = policy.healthyAfterMs + policy.healthDelayMs
  const inARow = (livedMs: number): number => {
    const ill = becameUnhealthy(running(), 1, 'bad', 1)
    const replaced = becameReady(started(ill, processOf('shop-1'), 2, 100), 2)
    return historyOf(becameUnhealthy(replaced, 2, 'bad', 100 + livedMs), 'shop-1').unhealthyInARow
  }
  expect([inARow(life - 1), inARow(life)]).toEqual([1, 0])
})

test('only a process that starts asks whether it may serve partly', () => {
  const failed = [{ application: 'reports', message: 'broken' }]
  const serving = running()
  expect(startedPartly(serving, 1, failed)).toBe(serving)
  expect(startedPartly(serving, 7, failed)).toBe(serving)
  const successor = started(serving, processOf('shop-1', { revision: '2' }), 2, 5)
  const refused = startedPartly(successor, 2, failed)
  expect(refused.generations[1]).toMatchObject({ failed, refusal: 'broken' })
  expect(historyOf(refused, 'shop-1')).toMatchObject({ rejected: { revision: '2', reason: 'broken' }, lastFailureKind: 'start' })
})

test('how a process failed last is past when another revision serves, and stays known while the same one does', () => {
  const of = (revision: string) => ({ ...processOf('shop-1'), revision })
  const failed = ended(started(nothing, of('1'), 1, 0), 1, { reason: 'broken', at: 5 })
  const again = becameReady(started(failed, of('1'), 2, 10), 2)
  expect(historyOf(again, 'shop-1')).toMatchObject({ lastFailure: 'broken', failedRevision: '1' })
  const fixed = historyOf(becameReady(started(failed, of('2'), 2, 10), 2), 'shop-1')
  expect([fixed.lastFailure, fixed.lastFailureKind, fixed.failedRevision]).toEqual([undefined, undefined, undefined])
  const refused = ended(started(again, of('2'), 3, 20), 3, { reason: 'worse', at: 25 })
  expect(historyOf(refused, 'shop-1').lastFailure).toBe('worse')
  expect(historyOf(becameReady(started(refused, of('3'), 4, 30), 4), 'shop-1').lastFailure).toBeUndefined()
})

test('ends for which no program is to blame are counted, and never lead to quarantine', () => {
  const failures = (quarantineAfter: number, ends: number): number => {
    const process = processOf('shop-1', { policy: { ...policy, quarantineAfter } })
    let actual = nothing
    for (let id = 1; id <= ends; id++)
      actual = ended(started(actual, process, id, id), id, { reason: 'no process could be made', at: id, isOutside: true })
    return historyOf(actual, 'shop-1').failures
  }
  expect([1, 2, 4, 5, 9].map((ends) => failures(5, ends))).toEqual([1, 2, 4, 4, 4])
  expect([failures(1, 3), failures(0, 3)]).toEqual([1, 1])
})

test('only the listeners that an instance has are served by it', () => {
  const [shop, blog] = [processOf('shop-1'), processOf('blog-1', { listeners: ['blog'] })]
  const both = [1, 2].reduce(becameReady, started(started(opened(opened(nothing, 'http'), 'blog'), shop, 1, 0), blog, 2, 0))
  const none = [1, 2].reduce((actual, id) => ended(actual, id, { reason: 'exit', at: 7 }), both)
  expect(none.listeners).toEqual([
    { id: 'http', unservedSince: 7 },
    { id: 'blog', unservedSince: 7 },
  ])
  expect(becameReady(started(none, shop, 3, 8), 3).listeners).toEqual([{ id: 'http' }, { id: 'blog', unservedSince: 7 }])
})
