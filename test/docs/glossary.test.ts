import { kinds } from '@spyglass/mbeans/kinds'
import { spyglassSettings } from '@spyglass/process/settings'
import { expect, test } from 'vitest'
import { readProjectFile } from '../support/sources.ts'

const [, forUsers = '', ofSource = ''] = readProjectFile('docs/glossary.md').split(/^## .+$/m)
const firstCells = (text: string): string[] => [...text.matchAll(/^\| ([a-z][a-z ]*?) +\|/gm)].map(([, word = '']) => word)
const nouns = firstCells(forUsers)
/** Nouns, what a row defines beside its noun, and the names of processes. */
const known = new Set([...nouns, ...[...forUsers.matchAll(/_([a-z-]+)_/g)].map(([, word = '']) => word)])

const words = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
const singular = (name: string): string => name.replace(/s$/, '')

test('a user has at most twelve nouns to know', () => {
  expect(nouns.length).toBeGreaterThan(5)
  expect(nouns.length).toBeLessThanOrEqual(12)
})

test('every word of the glossary is defined once', () => {
  const all = [...nouns, ...firstCells(ofSource)]
  expect(firstCells(ofSource).length).toBeGreaterThan(5)
  expect(all.filter((word, index) => all.indexOf(word) !== index)).toEqual([])
})

/** V8's own words, Node's, SNMP's, Tomcat's, and what processes do among themselves. */
const others = new Set([
  'v8-heap',
  'heap-space',
  'garbage-collector',
  'event-loop',
  'node-process',
  'snmp-agent',
  'loader',
  'push',
  'event-output',
])

test('kinds of resources are named by these nouns', () => {
  expect(
    Object.keys(kinds)
      .map(words)
      .filter((name) => !known.has(name) && !others.has(name)),
  ).toEqual([])
})

/** Of the machine and its network, of products that are no process here, and the verb of alert. */
const settings = ['data', 'port-offset', 'logs', 'hosts', 'deployment', 'agent', 'console', 'snmp', 'retention', 'alerting']

test('sections of the configuration are named by these nouns', () => {
  const sections = Object.keys(spyglassSettings).map(words)
  expect(sections.length).toBeGreaterThan(10)
  expect(sections.filter((name) => !known.has(name) && !known.has(singular(name)) && !settings.includes(name))).toEqual([])
})
