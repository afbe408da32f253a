import { incidentId, type SpyglassEvent } from '@spyglass/agent/contract'
import { expect, test } from 'vitest'
import { KEEPER } from '../../../runtime/src/management/resource-merge.ts'
import type { JournalEntry } from '../../../runtime/src/management/journal/journal-state.ts'
import { Sources } from '../../../runtime/src/management/sources.ts'
import { eventOf } from './journal/events.ts'

const SOME = 'some incident'
const event = (phase: SpyglassEvent['phase'], incidentId = SOME): SpyglassEvent => ({ ...eventOf(phase, 1), incidentId })

function watched() {
  const seen: string[] = []
  const pushed: string[] = []
  const sources = new Sources({
    gathering: {
      pushed: (source, { time }) => seen.push(`push ${source} ${time}`),
      event({ phase, incidentId }, { source, key = '' }, kept) {
        seen.push(`event ${source} ${phase}${incidentId === SOME ? '' : ` ${incidentId}`}${key && ` as ${key}`}`)
        kept?.()
      },
      gone: (source) => seen.push(`gone ${source}`),
      onlyThese: (serving, ofKeeper) => seen.push(`only ${[...serving].join()} ${[...ofKeeper].join()}`),
    },
    onPush: (source) => pushed.push(source),
    onSockets: (sockets) => seen.push(`sockets ${sockets.length}`),
  })
  const connect = (source: string, pid: number, mayBe?: readonly string[]) => {
    const taken: number[] = []
    const speaker = sources.connected(({ numbers }) => taken.push(...numbers), mayBe)
    sources.said(speaker, { type: 'hello', source, pid, run: `r${pid}` })
    return {
      push: (time: number) => sources.said(speaker, { type: 'registry', snapshot: { time, resources: [] }, unready: [] }),
      taken,
      event: (phase: SpyglassEvent['phase'], incidentId?: string, n?: number) =>
        sources.said(speaker, { type: 'event', event: event(phase, incidentId), ...(n === undefined ? {} : { n }) }),
      present: (serving: readonly (readonly [string, number])[], incidents: readonly string[] = []) =>
        sources.said(speaker, { type: 'present', serving, incidents }),
      inService: (name: string, of: number) => sources.said(speaker, { type: 'in-service', source: name, pid: of }),
      gone: (name: string) => sources.said(speaker, { type: 'gone', source: name }),
      leave: () => sources.disconnected(speaker),
    }
  }
  return { seen, pushed, connect, sources }
}

test('of two processes of one name the one in service counts; what the other pushed before it took over counts then', () => {
  const { seen, pushed, connect } = watched()
  const keeper = connect(KEEPER, 1)
  const [old, next] = [connect('shop-1', 10), connect('shop-1', 11)]
  old.push(1) // before the decider has said anything
  expect(seen).toEqual([])
  keeper.inService('shop-1', 10)
  next.push(2)
  next.event('raise', 'n')
  next.event('note')
  keeper.inService('shop-1', 11)
  old.push(3)
  old.event('raise', 'o')
  old.event('clear', 'earlier')
  expect(seen).toEqual([
    'gone shop-1',
    'push shop-1 1',
    'event shop-1 note',
    'gone shop-1',
    'push shop-1 2',
    'event shop-1 raise n',
    'event shop-1 clear earlier',
  ])
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

test('a message with a number is acknowledged when it is kept; what is not in service yet waits, also when its process has ended', () => {
  const { seen, connect } = watched()
  const keeper = connect(KEEPER, 1)
  keeper.inService('shop-1', 10)
  const [old, next] = [connect('shop-1', 10), connect('shop-1', 11)]
  old.event('raise', 'a', 1)
  next.event('raise', 'b', 1)
  next.event('clear', 'b', 2)
  next.event('note', 'c', 3)
  expect([old.taken, next.taken]).toEqual([[1], [3]])
  next.leave()
  keeper.inService('shop-1', 11)
  expect(next.taken).toEqual([3, 1, 2])
  expect(seen.slice(-2)).toEqual(['event shop-1 raise b as r11 1', 'event shop-1 clear b as r11 2'])
})

test('what a process raises that never serves, or serves no more, is acknowledged and forgotten', () => {
  const { seen, connect } = watched()
  const keeper = connect(KEEPER, 1)
  keeper.inService('shop-1', 11)
  const [old, failed] = [connect('shop-1', 10), connect('blog-1', 20)]
  old.event('raise', 'a', 1)
  failed.event('raise', 'b', 1)
  keeper.inService('shop-1', 12)
  keeper.gone('blog-1')
  expect([old.taken, failed.taken]).toEqual([[1], [1]])
  expect(seen.filter((line) => line.startsWith('event'))).toEqual([])
})

test('what the decider says of the present is all that is true', () => {
  const { seen, connect } = watched()
  const keeper = connect(KEEPER, 1)
  keeper.present([
    ['shop-1', 10],
    ['blog-1', 20],
  ])
  keeper.present([['shop-1', 11]], ['i'])
  expect(seen).toEqual(['gone shop-1', 'gone blog-1', 'only shop-1,blog-1 ', 'gone shop-1', 'gone blog-1', 'only shop-1 i'])
})

test('what a process has left is heard as if it said it, and deleted when it is kept', () => {
  const { seen, sources, connect } = watched()
  connect(KEEPER, 1).inService('shop-1', 10)
  let taken = 0
  const told = (n: number, phase: SpyglassEvent['phase']) => ({ type: 'event', n, event: event(phase, `i${n}`) }) as const
  const left = (pid: number, ...messages: ReturnType<typeof told>[]) =>
    sources.takeOver({ source: 'shop-1', pid, run: `r${pid}`, messages, taken: () => taken++ })
  left(10, told(1, 'raise'), told(2, 'note'))
  expect([seen.slice(-2), taken]).toEqual([['event shop-1 raise i1 as r10 1', 'event shop-1 note i2 as r10 2'], 1])
  left(11, told(1, 'raise'))
  expect(taken).toBe(1)
  connect(KEEPER, 2).inService('shop-1', 11)
  expect([seen.at(-1), taken]).toEqual(['event shop-1 raise i1 as r11 1', 2])
})

test('what is no event is acknowledged and goes no further', () => {
  const { seen, sources } = watched()
  const taken: number[] = []
  const speaker = sources.connected(({ numbers }) => taken.push(...numbers))
  sources.said(speaker, { type: 'hello', source: KEEPER, pid: 1 })
  sources.said(speaker, { type: 'event', n: 1, event: { ...event('note'), attributes: { a: {} } } as unknown as SpyglassEvent })
  expect([seen, taken]).toEqual([[], [1]])
})

/** Only what has to do with events; `tell` returns what was taken. */
function eventsOf(open: JournalEntry[] = []) {
  const told: SpyglassEvent[] = []
  const refused: number[] = []
  const sources = new Sources({
    gathering: { pushed() {}, gone() {}, onlyThese() {}, event: (one) => void told.push(one) },
    journal: { inService: new Map([['blog-1', 20]]), serves() {}, open },
    onPush() {},
    onRefused: (_, count) => refused.push(count),
  })
  const speakerOf = (pid: number, mayBe?: readonly string[]) => {
    const taken: number[] = []
    const speaker = sources.connected(({ numbers }) => taken.push(...numbers), mayBe)
    sources.said(speaker, { type: 'hello', source: 'blog-1', pid })
    return {
      taken,
      leave: () => sources.disconnected(speaker),
      tell: (one: SpyglassEvent, n = 1) => sources.said(speaker, { type: 'event', n, event: one }),
    }
  }
  return { told, refused, sources, speakerOf }
}

const resourceOf = (instance: string) => `spyglass:type=Datasource,instance=${instance},name=db`
const raiseOf = (instance: string, time = 1): SpyglassEvent => {
  const resource = resourceOf(instance)
  return { ...eventOf('raise', time), resource, incidentId: incidentId('spyglass.pool.exhausted', resource, time) }
}
const clearOf = (raise: SpyglassEvent): SpyglassEvent => ({ ...raise, name: 'spyglass.pool.recovered', phase: 'clear' })

test('on the socket of an application only its own pools and applications have events; what is forged is acknowledged and counted', () => {
  const [own, neighbours] = [raiseOf('blog-1'), raiseOf('shop-1')]
  const { told, refused, speakerOf } = eventsOf([
    { position: 1, source: 'blog-1', event: own },
    { position: 2, source: 'shop-1', event: neighbours },
  ])
  const { tell, taken } = speakerOf(20, ['blog-1'])
  const down = { ...neighbours, name: 'spyglass.instance.down', resource: 'spyglass:type=Instance,name=shop-1' } as const
  const forged = [down, neighbours, clearOf(neighbours), { ...clearOf(own), incidentId: neighbours.incidentId }]
  for (const event of forged) tell(event)
  expect([told, taken, refused]).toEqual([[], [1, 1, 1, 1], [1, 2]])
  tell({ ...clearOf(own), message: 'x'.repeat(70_000) }) // too long: told all the same, shortened
  expect(told).toEqual([{ ...clearOf(own), message: `${'x'.repeat(4095)}…` }])
})

test('what a source raises before it serves waits up to a thousand, over all of its connections, and what began ends', () => {
  const { told, refused, sources, speakerOf } = eventsOf()
  const first = speakerOf(21)
  for (let time = 0; time < 600; time++) first.tell(raiseOf('blog-1', time), time)
  first.leave()
  const next = speakerOf(21)
  for (let time = 600; time < 1100; time++) next.tell(raiseOf('blog-1', time), time)
  next.tell(clearOf(raiseOf('blog-1', 700)), 5000)
  expect([told, next.taken.length, refused]).toEqual([[], 100, [1, 2, 4, 8, 16, 32, 64]])
  const keeper = sources.connected()
  sources.said(keeper, { type: 'hello', source: KEEPER, pid: 1 })
  sources.said(keeper, { type: 'in-service', source: 'blog-1', pid: 21 })
  expect([told.length, told.at(-1)]).toEqual([1001, clearOf(raiseOf('blog-1', 700))])
})

test('on the socket of an application only its own resources are shown, also when what changed is told by its place', () => {
  const pushed: unknown[] = []
  const sources = new Sources({
    gathering: { pushed: (_, { resources }) => void pushed.push(resources), gone() {}, onlyThese() {}, event() {} },
    journal: { inService: new Map([['blog-1', 20]]), serves() {}, open: [] },
    onPush() {},
  })
  const speaker = sources.connected(() => {}, ['blog-1'])
  const of = (instance: string, active: number) => ({ kind: 'datasource', keys: { instance, name: 'db' }, values: { active } })
  sources.said(speaker, { type: 'hello', source: 'blog-1', pid: 20 })
  sources.said(speaker, { type: 'registry', unready: [], snapshot: { time: 1, resources: [of('shop-1', 1), of('blog-1', 1)] } })
  sources.said(speaker, { type: 'registry', unready: [], snapshot: { time: 2, changes: [{ at: 1, values: { active: 2 } }] } })
  expect(pushed).toEqual([[of('blog-1', 1)], [of('blog-1', 2)]])
})
