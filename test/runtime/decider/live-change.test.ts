import { expect, test } from 'vitest'
import { valuesFor } from '../../../runtime/src/decider/live-change.ts'
import { processOf } from './reconciler/world.ts'

test('a process gets the values that it reads, and those that every process reads', () => {
  const change = (name: string, ...readBy: ('instances' | 'server' | 'store')[]) => ({ value: { path: [name], value: 1 }, readBy })
  const changes = [change('pool', 'instances'), change('level', 'server'), change('queue', 'store', 'instances')]
  const names = (process: Parameters<typeof valuesFor>[0]): unknown => valuesFor(process, changes).map(({ path }) => path[0])
  expect(names(processOf('shop-1'))).toEqual(['pool', 'level', 'queue'])
  expect(names(processOf('store', { kind: 'service' }))).toEqual(['level', 'queue'])
  expect(names(processOf('management', { kind: 'service' }))).toEqual(['level'])
})

test('a value of an entry goes to the instances that have the entry', () => {
  const changes = [['datasources', 'shop', 'password'], ['datasources', 'other', 'password'], ['applications', 'shop', 'x'], ['level']].map(
    (path) => ({ value: { path, value: 'secret' }, readBy: ['instances'] as const }),
  )
  const paths = (entries: Parameters<typeof valuesFor>[2]): unknown =>
    valuesFor(processOf('shop-1'), changes, entries).map(({ path }) => path.join('.'))
  expect(paths({ datasources: ['shop'], applications: ['shop'] })).toEqual(['datasources.shop.password', 'applications.shop.x', 'level'])
  expect(paths({ datasources: [], applications: ['other'] })).toEqual(['level'])
  expect(paths(undefined)).toHaveLength(4)
})
