import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type AutoDeployAction,
  type AutoDeployState,
  type Look,
  nothingKnown,
  planAutoDeploy,
  withOutcome,
} from '../../../runtime/src/deployment/auto-deploy.ts'

/** Looks one after the other, with what was done at each; `fails` says which marks cannot be deployed. */
function run(looks: readonly Readonly<Record<string, string>>[], fails: readonly string[] = []) {
  let state: AutoDeployState = nothingKnown
  return looks.map((seen) => {
    const look: Look = new Map(Object.entries(seen))
    const plan = planAutoDeploy(state, look)
    state = plan.state
    for (const { do: verb, name } of plan.actions)
      if (verb === 'deploy') state = withOutcome(state, name, fails.includes(look.get(name) ?? '') ? 'failed' : 'deployed')
    return plan.actions.map(({ do: verb, name }) => `${verb} ${name}`)
  })
}

test('something is deployed when two looks saw it alike, once', () => {
  expect(run([{ shop: '1' }, { shop: '1' }, { shop: '1' }])).toEqual([[], ['deploy shop'], []])
})

test('what is still being copied is not loaded', () => {
  expect(run([{ shop: '1' }, { shop: '2' }, { shop: '3' }, { shop: '3' }])).toEqual([[], [], [], ['deploy shop']])
})

test('what changed is deployed again, what is gone is undeployed, and a replacement is not a removal', () => {
  expect(run([{ shop: '1' }, { shop: '1' }, { shop: '2' }, { shop: '2' }, {}, { shop: '3' }, { shop: '3' }, {}, {}])).toEqual([
    [],
    ['deploy shop'],
    [],
    ['deploy shop'],
    [],
    [],
    ['deploy shop'],
    [],
    ['undeploy shop'],
  ])
})

test('what failed is tried again only when it has changed', () => {
  expect(run([{ shop: 'bad' }, { shop: 'bad' }, { shop: 'bad' }, { shop: 'ok' }, { shop: 'ok' }], ['bad'])).toEqual([
    [],
    ['deploy shop'],
    [],
    [],
    ['deploy shop'],
  ])
  expect(run([{ shop: 'bad' }, { shop: 'bad' }, {}, {}], ['bad'])).toEqual([[], ['deploy shop'], [], []])
  expect(run([{ shop: 'ok' }, { shop: 'ok' }, { shop: 'bad' }, { shop: 'bad' }, {}, {}], ['bad']).at(-1)).toEqual(['undeploy shop'])
})

test('in any history: only what two looks agree on is deployed, nothing twice alike, and at rest what is there is what is deployed', () => {
  const names = ['a', 'b']
  const look = fc.dictionary(fc.constantFrom(...names), fc.constantFrom('1', '2', '3'))
  fc.assert(
    fc.property(fc.array(look, { maxLength: 12 }), look, (history, end) => {
      const looks = [...history, end, end]
      const done = run(looks)
      const deployed = new Map<string, string>()
      done.forEach((actions, i) => {
        for (const action of actions) {
          const [verb, name] = action.split(' ') as [AutoDeployAction['do'], string]
          if (verb === 'undeploy') expect(deployed.delete(name)).toBe(true)
          else {
            expect(looks[i - 1]?.[name]).toBe(looks[i]?.[name])
            expect(deployed.get(name)).not.toBe(looks[i]?.[name])
            deployed.set(name, looks[i]?.[name] ?? '')
          }
        }
      })
      expect(Object.fromEntries(deployed)).toEqual(end)
    }),
  )
})
