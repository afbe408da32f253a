import type { SpyglassEvent } from '@spyglass/agent/contract'
import { expect, test } from 'vitest'
import { KEEPER } from '../../../runtime/src/management/resource-merge.ts'
import { Sources } from '../../../runtime/src/management/sources.ts'

function watched() {
  const seen: string[] = []
  const pushed: string[] = []
  const sources = new Sources({
    gathering: {
      pushed: (source, { time }) => seen.push(`push ${source} ${time}`),
      event: (source, { phase }) => seen.push(`event ${source} ${phase}`),
      gone: (source) => seen.push(`gone ${source}`),
    },
    onPush: (source) => pushed.push(source),
    onSockets: (sockets) => seen.push(`sockets ${sockets.length}`),
  })
  const connect = (source: string, pid: number, mayBe?: readonly string[]) => {
    const speaker = sources.connected(mayBe)
    sources.said(speaker, { type: 'hello', source, pid })
    return {
      push: (time: number) => sources.said(speaker, { type: 'registry', snapshot: { time, resources: [] }, unready: [] }),
      event: (phase: SpyglassEvent['phase']) => sources.said(speaker, { type: 'event', event: { phase } as SpyglassEvent }),
      inService: (name: string, of: number) => sources.said(speaker, { type: 'in-service', source: name, pid: of }),
      gone: (name: string) => sources.said(speaker, { type: 'gone', source: name }),
      leave: () => sources.disconnected(speaker),
    }
  }
  return { seen, pushed, connect }
}

test('of two processes of one name the one in service counts; what the other pushed before it took over counts then', () => {
  const { seen, pushed, connect } = watched()
  const keeper = connect(KEEPER, 1)
  const [old, next] = [connect('shop-1', 10), connect('shop-1', 11)]
  old.push(1) // before the decider has said anything
  expect(seen).toEqual([])
  keeper.inService('shop-1', 10)
  next.push(2)
  next.event('raise')
  next.event('note')
  keeper.inService('shop-1', 11)
  old.push(3)
  old.event('raise')
  old.event('clear')
  expect(seen).toEqual(['gone shop-1', 'push shop-1 1', 'event shop-1 note', 'gone shop-1', 'push shop-1 2', 'event shop-1 clear'])
  expect(pushed).toEqual(['shop-1', 'shop-1'])
})

test('a new decider that says the same again changes nothing, and nobody else decides who is in service', () => {
  const { seen, connect } = watched()
  connect(KEEPER, 1).inService('shop-1', 10)
  const shop = connect('shop-1', 10)
  connect(KEEPER, 2).inService('shop-1', 10)
  shop.inService('shop-1', 99)
  shop.gone('shop-1')
  shop.push(1)
  expect(seen).toEqual(['gone shop-1', 'push shop-1 1'])
})

test('a process that is gone no longer counts, and the keeper always does', () => {
  const { seen, connect } = watched()
  const keeper = connect(KEEPER, 1)
  keeper.inService('shop-1', 10)
  const shop = connect('shop-1', 10)
  keeper.gone('shop-1')
  shop.push(1)
  shop.leave()
  keeper.push(2)
  keeper.event('raise')
  expect(seen).toEqual(['gone shop-1', 'gone shop-1', 'push keeper 2', 'event keeper raise'])
})

test('on the socket of an application nobody speaks for another process, the decider least of all', () => {
  const { seen, connect } = watched()
  const keeper = connect(KEEPER, 1)
  keeper.inService('shop-1', 10)
  keeper.inService('blog-1', 20)
  const [liar, usurper] = [connect('shop-1', 10, ['blog-1']), connect(KEEPER, 1, ['blog-1'])]
  for (const one of [liar, usurper]) {
    one.push(1)
    one.event('raise')
    one.event('clear')
    one.inService('shop-1', 99)
    one.gone('shop-1')
  }
  expect(seen.filter((line) => !line.startsWith('gone'))).toEqual([])
  connect('blog-1', 20, ['blog-1']).push(2)
  expect(seen.at(-1)).toBe('push blog-1 2')
})
