import { realmSettings, realmTypeSettings } from '../../../../runtime/process/src/settings/realm.ts'
import { expect, test } from 'vitest'
import { sourceTypes } from '../../../../runtime/src/realm/source/source-types.ts'

test('every type of realm can be opened, says how much it does at once, and says which settings it needs', () => {
  const types = realmSettings.type.values.toSorted()
  expect(Object.keys(sourceTypes).toSorted()).toEqual(types)
  expect(Object.keys(realmTypeSettings).toSorted()).toEqual(types)
  for (const { atOnce } of Object.values(sourceTypes)) expect(atOnce).toBeGreaterThan(0)
})

test('what a type needs are settings that there are', () => {
  const known = new Set(Object.keys(realmSettings))
  for (const path of Object.values(realmTypeSettings).flat()) expect(known).toContain(path.split('.')[0])
})
