import { allKinds } from '@spyglass/mbeans/kinds'
import { isResourceList, spyglassSettings } from '@spyglass/process/settings'
import { expect, test } from 'vitest'
import { operableLists } from '../../../runtime/src/resource-type/operable-lists.ts'

test('a list that names a kind with operations is found by it, and jobs are asked of the process that keeps them', () => {
  const found = operableLists.map(({ list, kind, keptBy }) => [kind.name, list, keptBy])
  expect(found).toContainEqual(['datasource', 'datasources', undefined])
  expect(found).toContainEqual(['jobQueue', 'jobs', 'job-store'])
  expect(found.map(([name]) => name)).toEqual([...new Set(found.map(([name]) => name))])
})

test('no kind with operations that a list of resources names is left out', () => {
  const named = Object.entries(spyglassSettings).flatMap(([list, node]) => (isResourceList(list) && 'kind' in node ? [node.kind] : []))
  const expected = allKinds.filter(({ name, operations }) => operations && named.some((kind) => kind === name))
  expect(operableLists.map(({ kind }) => kind.name).toSorted()).toEqual(expected.map(({ name }) => name).toSorted())
})
