import fc from 'fast-check'
import { expect, test } from 'vitest'
import { applyChanges, type Change, compacted, inForce, type Step } from '../../../runtime/src/administration/changes.ts'
import { nameOfPath } from '../../../runtime/src/administration/settings-tree.ts'

const file = {
  datasources: [
    { name: 'a', file: 'a.db' },
    { name: 'b', file: 'b.db', max: 4 },
  ],
  logs: { level: 'warn' },
}

const name = fc.constantFrom('a', 'b', 'c')
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('set' as const),
    path: fc.tuple(fc.constant('datasources'), name, fc.constantFrom('max', 'min')),
    value: fc.nat(9),
  }),
  fc.record({ do: fc.constant('set' as const), path: fc.constant(['logs', 'level']), value: fc.constantFrom('info', 'debug') }),
  fc.record({
    do: fc.constant('create' as const),
    path: fc.tuple(fc.constant('datasources'), name),
    values: fc.constant({ file: 'new.db' }),
  }),
  fc.record({ do: fc.constant('delete' as const), path: fc.tuple(fc.constant('datasources'), name) }),
  fc.record({ do: fc.constant('reset' as const), path: fc.tuple(fc.constant('datasources'), name, fc.constant('max')) }),
)

type Act = { readonly steps: readonly Step[]; readonly lifetime: number | undefined } | { readonly undo: number }

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ steps: fc.array(step, { minLength: 1, maxLength: 2 }), lifetime: fc.option(fc.nat(20), { nil: undefined }) }),
  },
  { weight: 2, arbitrary: fc.record({ undo: fc.nat() }) },
)

/** Changes as commands make them: only what is in force is taken back, and only a step that is possible is made. */
function changesOf(acts: readonly Act[]): readonly Change[] {
  const changes: Change[] = []
  for (const [at, one] of acts.entries()) {
    const base = { id: at + 1, time: at, actor: 'anna' }
    const active = inForce(changes, at)
    if ('undo' in one) {
      const target = active[one.undo % Math.max(1, active.length)]
      if (target) changes.push({ ...base, verb: 'undo', steps: [], undoes: target.id })
      continue
    }
    const change: Change = {
      ...base,
      verb: 'set',
      steps: one.steps,
      ...(one.lifetime === undefined ? {} : { until: at + 1 + one.lifetime }),
    }
    if (!applyChanges(file, [...changes, change], at).skipped.some((skip) => skip.change === change)) changes.push(change)
  }
  return changes
}

const acts = fc.array(act, { maxLength: 25 })

test('an undo gives the settings of before, and an undo of it those of after', () => {
  fc.assert(
    fc.property(acts, fc.array(step, { minLength: 1, maxLength: 3 }), (before, steps) => {
      const changes = changesOf(before)
      const now = before.length
      const settings = (list: readonly Change[]): unknown => applyChanges(file, list, now).settings
      const made: Change = { id: 1001, time: now, actor: 'anna', verb: 'set', steps }
      const undo: Change = { id: 1002, time: now, actor: 'anna', verb: 'undo', steps: [], undoes: 1001 }
      const redo: Change = { ...undo, id: 1003, undoes: 1002 }
      expect(settings([...changes, made, undo])).toEqual(settings(changes))
      expect(settings([...changes, made, undo, redo])).toEqual(settings([...changes, made]))
    }),
  )
})

test('an end that is recorded gives the settings of a temporary change that is over', () => {
  fc.assert(
    fc.property(acts, (all) => {
      const changes = changesOf(all)
      for (const change of changes.filter(({ until, undoes }) => until !== undefined && undoes === undefined)) {
        const later = Math.max(all.length, change.until ?? 0)
        if (!inForce(changes, -Infinity).includes(change)) continue
        const end: Change = { id: 1001, time: later, actor: 'spyglass', verb: 'expire', steps: [], undoes: change.id }
        expect(applyChanges(file, [...changes, end], later).settings).toEqual(applyChanges(file, changes, later).settings)
      }
    }),
  )
})

test('settling old changes keeps the settings, now and at any later time, and after any undo of the rest', () => {
  fc.assert(
    fc.property(acts, fc.nat(12), fc.nat(30), (all, max, later) => {
      const changes = changesOf(all)
      const now = all.length
      const kept = compacted(changes, now, max)
      expect(applyChanges(file, kept, now).settings).toEqual(applyChanges(file, changes, now).settings)
      expect(applyChanges(file, kept, now + later).settings).toEqual(applyChanges(file, changes, now + later).settings)
      for (const change of inForce(kept, now).filter(({ settled }) => settled !== true)) {
        const undo: Change = { id: 1001, time: now, actor: 'anna', verb: 'undo', steps: [], undoes: change.id }
        expect(applyChanges(file, [...kept, undo], now).settings).toEqual(applyChanges(file, [...changes, undo], now).settings)
      }
    }),
    { numRuns: 300 },
  )
})

test('a thousand sets of one setting are few changes when they are settled', () => {
  const changes = Array.from({ length: 1001 }, (_, at): Change => ({
    id: at + 1,
    time: at,
    actor: 'anna',
    verb: 'set',
    steps: [{ do: 'set', path: ['logs', 'level'], value: at % 2 ? 'info' : 'debug' }],
  }))
  expect(compacted(changes, 2000).length).toBeLessThan(510)
})

test('a path in the file is named as commands name it; what has no name keeps its path', () => {
  const tree = {
    applications: [{ name: 'a' }, { name: 'koa.js', folder: '.' }, { folder: 'x' }, 5],
    snmp: { trapTargets: [{ host: 'h' }] },
  }
  const names = [
    ['applications[1].replicas', String.raw`applications.koa\.js.replicas`],
    ['applications[1]', String.raw`applications.koa\.js`],
    ['applications[1].datasources[0]', String.raw`applications.koa\.js.datasources[0]`],
    ['applications[1].environment.A.B', String.raw`applications.koa\.js.environment.A.B`],
    ['applications[2].name', 'applications[2].name'],
    ['applications[3]', 'applications[3]'],
    ['snmp.trapTargets[0].community', 'snmp.trapTargets.h:162.community'],
    ['listeners[0].port', 'listeners.http.port'],
    ['logs.level', 'logs.level'],
    ['(file)', '(file)'],
    ['nothing[0].a', 'nothing[0].a'],
  ]
  expect(names.map(([path = '']) => nameOfPath(path, tree))).toEqual(names.map(([, name]) => name))
})
