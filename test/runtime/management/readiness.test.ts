import { type ResourceSnapshot } from '@spyglass/agent/contract'
import { kindNamed } from '@spyglass/mbeans/kinds'
import { createRegistry } from '@spyglass/agent/registry'
import { expect, test } from 'vitest'
import { readinessOf } from '../../../runtime/src/management/readiness.ts'

function registryWith(notReady: readonly string[] | undefined, state = 'ready', others: readonly ResourceSnapshot[] = []) {
  const registry = createRegistry({ kindNamed })
  const server = { kind: 'server', keys: { name: 's' }, values: { name: 's', ...(notReady ? { notReady } : {}) } }
  registry.adopt('keeper', { time: 1, resources: [server, instance('shop-1', state), ...others] })
  return registry
}

function instance(name: string, state: string, listener = 'http'): ResourceSnapshot {
  return { kind: 'instance', keys: { name }, values: { name, state, listener } }
}

test('it is ready when all parts run and report nothing, the instances serve, and the disk takes what is written', () => {
  expect(readinessOf(registryWith([]))).toEqual({ ready: true, state: 'ready', reasons: [] })
})

test('every reason is named', () => {
  const reasons = readinessOf(registryWith(['store is starting', 'collector: the log is full'], 'down'), () => ['the disk is full']).reasons
  expect(reasons).toEqual([
    'instance shop-1 is down',
    'listener http has no ready instance',
    'store is starting',
    'collector: the log is full',
    'the disk is full',
  ])
})

test('a worker has no listener that could be without an instance', () => {
  const { ready, reasons } = readinessOf(registryWith([], 'ready', [instance('jobs-1', 'down', '')]))
  expect({ ready, reasons }).toEqual({ ready: true, reasons: ['instance jobs-1 is down'] })
})

test('before the keeper has reported nothing is ready', () => {
  expect(readinessOf(createRegistry({ kindNamed })).reasons).toEqual(['the keeper has not reported yet'])
  expect(readinessOf(registryWith(undefined)).ready).toBe(false)
})

test('one of two instances of a listener is down: the server is degraded and ready; the last one of another listener: it is not ready', () => {
  const degraded = readinessOf(registryWith([], 'down', [instance('shop-2', 'ready')]))
  expect(degraded).toEqual({ ready: true, state: 'degraded', reasons: ['instance shop-1 is down'] })
  const other = readinessOf(registryWith([], 'ready', [instance('admin-1', 'failed', 'intern')]))
  expect(other).toEqual({
    ready: false,
    state: 'not ready',
    reasons: ['instance admin-1 is failed', 'listener intern has no ready instance'],
  })
})
