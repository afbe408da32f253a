import { expect, test } from 'vitest'
import { isServiceOf } from '../../../collector/src/alert/service-of.ts'

const row = { service: 'shop', instances: ['http-1@9f8e7d6c'] }

test('a resource is of the service of its name, or of the one that its instance serves', () => {
  expect(isServiceOf(row, 'spyglass:type=Service,name=shop')).toBe(true)
  expect(isServiceOf(row, 'spyglass:type=Service,name=blog')).toBe(false)
  expect(isServiceOf(row, 'spyglass:type=Datasource,instance=http-1,name=x')).toBe(true)
  expect(isServiceOf(row, 'spyglass:type=Instance,name=http-1')).toBe(true)
  expect(isServiceOf(row, 'spyglass:type=Instance,name=http-10')).toBe(false)
})
