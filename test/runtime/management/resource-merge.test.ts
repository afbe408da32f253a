import { expect, test } from 'vitest'
import { KEEPER, ResourceMerge } from '../../../runtime/src/management/resource-merge.ts'

const fromKeeper = {
  time: 1,
  resources: [{ kind: 'instance', keys: { name: 'http-1' }, values: { name: 'http-1', state: 'ready', pid: 7 } }],
}
const fromProcess = {
  time: 2,
  resources: [
    { kind: 'instance', keys: { name: 'http-1' }, values: { name: 'http-1', requests: 5 } },
    { kind: 'v8Heap', keys: { process: 'http-1' }, values: { used: 1 } },
  ],
}

test('the halves of an instance are laid together under the keeper, whichever comes first', () => {
  for (const order of [
    [KEEPER, 'http-1'],
    ['http-1', KEEPER],
  ]) {
    const merge = new ResourceMerge()
    let keeper
    for (const source of order) keeper = merge.push(source, source === KEEPER ? fromKeeper : fromProcess).get(KEEPER)
    expect(keeper?.resources).toEqual([
      { kind: 'instance', keys: { name: 'http-1' }, values: { name: 'http-1', state: 'ready', pid: 7, requests: 5, lastSeen: 2 } },
    ])
  }
})

test('a ready instance is as old as the last push of its process, in every value; one that drains is as old as the keeper says', () => {
  const of = (state: string) => {
    const merge = new ResourceMerge()
    merge.push('http-1', fromProcess)
    const resources = [{ kind: 'instance', keys: { name: 'http-1' }, values: { state, uptime: 50 } }]
    return merge.push(KEEPER, { time: 12, resources }).get(KEEPER)?.resources[0]
  }
  expect(of('ready')).toMatchObject({ time: 2, values: { uptime: 40, lastSeen: 2 } })
  expect(of('draining')).toMatchObject({ values: { uptime: 50, lastSeen: 2 } })
  expect(of('draining')).not.toHaveProperty('time')
})

test('a process keeps its other resources, and takes its half with it when it is gone', () => {
  const merge = new ResourceMerge()
  merge.push(KEEPER, fromKeeper)
  expect(
    merge
      .push('http-1', fromProcess)
      .get('http-1')
      ?.resources.map(({ kind }) => kind),
  ).toEqual(['v8Heap'])
  const after = merge.gone('http-1')
  expect(after.get('http-1')?.resources).toEqual([])
  expect(after.get(KEEPER)?.resources[0]?.values).toEqual({ name: 'http-1', state: 'ready', pid: 7 })
})

test('what keeps processes from serving fully comes to what the keeper says of the server, until they are gone', () => {
  const merge = new ResourceMerge()
  const server = { time: 1, resources: [{ kind: 'server', keys: { name: 's' }, values: { notReady: ['store is starting'] } }] }
  const reasons = (views: ReturnType<ResourceMerge['push']>) => views.get(KEEPER)?.resources[0]?.values['notReady']
  merge.push('collector', fromProcess, ['the log is full'])
  expect(reasons(merge.push(KEEPER, server))).toEqual(['store is starting', 'collector: the log is full'])
  expect(reasons(merge.gone('collector'))).toEqual(['store is starting'])
})

test('an application that the keeper shows in place of its process is shown once, by the process as soon as that speaks', () => {
  const merge = new ResourceMerge()
  const application = (state: string) => ({ kind: 'application', keys: { instance: 'shop-1', name: 'shop' }, values: { state } })
  const keeper = { time: 1, resources: [application('failed')] }
  expect(merge.push('keeper', keeper).get('keeper')?.resources).toHaveLength(1)
  expect(merge.push('shop-1', { time: 2, resources: [application('started')] }).get('keeper')?.resources).toEqual([])
  expect(merge.gone('shop-1').get('keeper')?.resources).toMatchObject([{ values: { state: 'failed' } }])
})

test('a push of a process changes nothing of its neighbours, and of the server only what keeps it from serving', () => {
  const merge = new ResourceMerge()
  const instance = (name: string) => ({ kind: 'instance', keys: { name }, values: { name, state: 'ready' } })
  const server = { kind: 'server', keys: { name: 's' }, values: { notReady: [] } }
  merge.push(KEEPER, { time: 1, resources: [server, instance('http-1'), instance('http-2')] })
  const changed = (unready?: readonly string[]) => {
    const view = merge.push('http-1', fromProcess, unready).get(KEEPER)
    return [view?.isPart, view?.resources.map(({ keys }) => keys['name'])]
  }
  expect(changed()).toEqual([true, ['http-1']])
  expect(changed(['the disk is full'])).toEqual([true, ['s', 'http-1']])
  expect(changed(['the disk is full'])).toEqual([true, ['http-1']])
})
