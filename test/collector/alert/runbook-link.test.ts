import { type Rule, shippedRules } from '@spyglass/dashboards'
import { expect, test } from 'vitest'
import { runbookLink } from '../../../collector/src/alert/runbook-link.ts'

const BASE = 'https://apm.example'

test('every shipped rule has a page that the console serves', () => {
  const rules = shippedRules()
  for (const { name } of rules) expect([name, runbookLink(name, BASE, rules)]).toEqual([name, expect.stringContaining(`${BASE}/runbooks/`)])
  expect(runbookLink('PagingBroken', BASE, rules)).toBe(`${BASE}/runbooks/paging-broken`)
})

test('a rule of the user has the address that it names, and none where there is no such page', () => {
  const own = { name: 'DescriptorsHigh', runbook: 'https://wiki.example/descriptors' } as Rule
  expect(runbookLink('DescriptorsHigh', BASE, [own])).toBe('https://wiki.example/descriptors')
  expect(runbookLink('DescriptorsHigh', BASE, [{ ...own, runbook: 'docs/runbooks/descriptors-high.md' }])).toBeUndefined()
  expect(runbookLink('DescriptorsHigh', BASE, [{ ...own, runbook: 'docs/runbooks/../../secrets.md' }])).toBeUndefined()
  expect(runbookLink('ServerStopping', BASE)).toBeUndefined()
})
