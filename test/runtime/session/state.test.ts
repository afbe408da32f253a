import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isSameState, merged, parseState, type State, textOfValues, valuesOf } from '../../../runtime/src/session/state.ts'

const states = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', '"', '__proto__'), fc.jsonValue({ maxDepth: 2 }))
const values = (state: State) => valuesOf(state)

test('the text of a state is its JSON', () => {
  fc.assert(
    fc.property(states, (state) => {
      expect(textOfValues(values(state))).toBe(JSON.stringify(state))
    }),
  )
  expect(textOfValues(values({ a: undefined, b: () => {} }))).toBe('{}')
})

test('what is read is what was written', () => {
  fc.assert(
    fc.property(states, (state) => {
      expect(isSameState(values(parseState(textOfValues(values(state)))), values(state))).toBe(true)
    }),
  )
})

test('who changed nothing gets what the other one made of it, and the other way round', () => {
  fc.assert(
    fc.property(states, states, (base, changed) => {
      for (const [mine, theirs] of [
        [base, changed],
        [changed, base],
      ] as const) {
        const { values: result, conflicts } = merged(values(base), values(mine), values(theirs))
        expect([conflicts, isSameState(result, values(changed))]).toEqual([[], true])
      }
    }),
  )
})

test('a conflict is named exactly where both changed the same value, and nothing else is lost', () => {
  fc.assert(
    fc.property(states, states, states, (base, mine, theirs) => {
      const [b, m, t] = [values(base), values(mine), values(theirs)]
      const { values: result, conflicts } = merged(b, m, t)
      for (const name of new Set([...b.keys(), ...m.keys(), ...t.keys()])) {
        const [before, one, other] = [b.get(name), m.get(name), t.get(name)]
        const isConflict = one !== before && other !== before && (one ?? other) !== undefined
        expect(conflicts.includes(name)).toBe(isConflict)
        if (!isConflict) expect(result.get(name)).toBe(one === before ? other : one)
      }
    }),
  )
})
