import { createRegistry } from '@spyglass/agent/registry'
import { kindNamed } from '@spyglass/mbeans/kinds'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { Gathering } from '../../../runtime/src/management/gathering.ts'
import { isMessage } from '../../../runtime/src/management/message-shape.ts'
import { EventJournal } from '../../../runtime/src/management/journal/event-journal.ts'
import { Sources } from '../../../runtime/src/management/sources.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const names = [
  'type',
  'snapshot',
  'resources',
  'changes',
  'time',
  'kind',
  'keys',
  'values',
  'at',
  'without',
  'unready',
  'event',
  'n',
  'source',
]
const words = fc.constantFrom('hello', 'registry', 'event', 'in-service', 'gone', 'present', 'listener', 'shop-1')
const { any } = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    words,
    fc.constantFrom(0, -1, 1, 1.5, null, true, ''),
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...names), tie('any'), { maxKeys: 5 }),
  ),
}))
const registryMessage = fc.record({
  type: fc.constant('registry'),
  unready: fc.oneof(fc.constant([]), any),
  snapshot: fc.oneof(
    any,
    fc.record({ time: fc.oneof(fc.integer(), any), changes: fc.oneof(fc.array(fc.record({ at: any, values: any, without: any })), any) }),
    fc.record({ time: fc.integer(), resources: fc.oneof(fc.array(fc.record({ kind: words, keys: any, values: any })), any) }),
  ),
})
const good = { kind: 'listener', keys: { instance: 'shop-1', name: 'http' }, values: { state: 'ready' } }

test('whatever an application sends on its socket, management hears what is a message and nothing else', () => {
  const journal = new EventJournal({ folder: tempFolder() })
  onTestFinished(() => journal.close())
  fc.assert(
    fc.property(fc.array(fc.oneof(any, registryMessage), { maxLength: 6 }), (messages) => {
      const registry = createRegistry({ kindNamed })
      const sources = new Sources({ gathering: new Gathering({ registry, journal, platformNode: 'management' }), onPush: () => {} })
      const decider = sources.connected()
      sources.heard(decider, { type: 'hello', source: 'keeper', pid: 1 })
      sources.heard(decider, { type: 'in-service', source: 'shop-1', pid: 7 })
      const speaker = sources.connected(() => {}, ['shop-1'])
      sources.heard(speaker, { type: 'hello', source: 'shop-1', pid: 7 })
      sources.heard(speaker, { type: 'registry', snapshot: { time: 1, resources: [good] }, unready: [] })
      for (const message of messages) sources.heard(speaker, message)
      return [...registry.beans()].every((bean) => typeof bean.name === 'string')
    }),
    { numRuns: 1000 },
  )
})

test.each([
  [null],
  [5],
  [[]],
  [{}],
  [{ type: 'hello', source: 'shop-1' }],
  [{ type: 'registry' }],
  [{ type: 'registry', snapshot: 5, unready: [] }],
  [{ type: 'registry', snapshot: { time: 1, resources: [null] }, unready: [] }],
  [{ type: 'registry', snapshot: { time: 1, resources: [{ ...good, keys: { name: 1 } }] }, unready: [] }],
  [{ type: 'registry', snapshot: { time: 1, changes: [{ at: 'x', values: {} }] }, unready: [] }],
  [{ type: 'registry', snapshot: { time: 1, changes: [{ at: 0, values: {}, without: 5 }] }, unready: [] }],
  [{ type: 'registry', snapshot: { time: 1, resources: [] }, unready: 'no' }],
])('%j is no message', (value) => {
  expect(isMessage(value)).toBe(false)
})
