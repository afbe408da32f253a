import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { projectFiles, readProjectFile, ROOT } from '../support/sources.ts'

const decisions = readdirSync(join(ROOT, 'docs/decisions')).filter((name) => name !== 'README.md')
const numberOf = (name: string): string => name.slice(0, 3)
const titleOf = (name: string): string => /^# (.+)$/m.exec(readProjectFile(`docs/decisions/${name}`))?.[1] ?? ''

test('decisions are numbered from 001 without gaps or repeats, and their titles carry the number', () => {
  expect(decisions.map(numberOf)).toEqual(decisions.map((_, index) => String(index + 1).padStart(3, '0')))
  expect(decisions.filter((name) => !titleOf(name).startsWith(`${numberOf(name)} `))).toEqual([])
})

test('the index lists every decision with its title', () => {
  const listed = readProjectFile('docs/decisions/README.md')
    .split('\n')
    .filter((line) => line.startsWith('- '))
  expect(listed.map((line) => line.replace(' (superseded)', ''))).toEqual(decisions.map((name) => `- [${titleOf(name)}](${name})`))
})

test('decisions that sources name by number exist', () => {
  const numbers = new Set(decisions.map(numberOf))
  const named = projectFiles()
    .filter((path) => /\.(ts|js|cjs|md)$/.test(path))
    .flatMap((path) => [...readProjectFile(path).matchAll(/docs\/decisions\/(\d{3})/g)].map(([, found = '']) => `${path}: ${found}`))
  expect(named.length).toBeGreaterThan(3)
  expect(named.filter((place) => !numbers.has(place.slice(-3)))).toEqual([])
})
