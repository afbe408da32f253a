import { kindNamed } from '@spyglass/agent/contract'
import { createRegistry } from '@spyglass/agent/registry'
import { expect, test } from 'vitest'
import { readinessOf } from '../../../runtime/src/management/readiness.ts'

function registryWith(notReady: readonly string[] | undefined, state = 'ready') {
  const registry = createRegistry({ kindNamed })
  const server = { kind: 'server', keys: { name: 's' }, values: { name: 's', ...(notReady ? { notReady } : {}) } }
  registry.adopt('keeper', {
    time: 1,
    resources: [server, { kind: 'instance', keys: { name: 'http-1' }, values: { name: 'http-1', state } }],
  })
  return registry
}

test('it is ready when all parts run and report nothing, the instances serve, and the disk takes what is written', () => {
  expect(readinessOf(registryWith([]))).toEqual({ ready: true, reasons: [] })
})

test('every reason is named', () => {
  const reasons = readinessOf(registryWith(['store is starting', 'collector: the log is full'], 'down'), () => ['the disk is full']).reasons
  expect(reasons).toEqual(['instance http-1 is down', 'store is starting', 'collector: the log is full', 'the disk is full'])
})

test('before the keeper has reported nothing is ready', () => {
  expect(readinessOf(createRegistry({ kindNamed })).reasons).toEqual(['the keeper has not reported yet'])
  expect(readinessOf(registryWith(undefined)).ready).toBe(false)
})
