import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { chinese } from '../../../../collector/src/console/browser/chinese.ts'
import { momentTypes } from '../../../../collector/src/console/incident/timeline.ts'
import { ROOT } from '../../../support/sources.ts'

const FOLDER = join(ROOT, 'collector/src/console/browser')

/** Every text that a view shows in the language of the pages, with the values that stand in it. */
function textsOf(): readonly string[] {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.ts') && file !== 'language.ts')
  const source = files.map((file) => readFileSync(join(FOLDER, file), 'utf8')).join('\n')
  return [...source.matchAll(/\b(?:t|said)\(\s*'((?:[^'\\]|\\.)*)'/g)].map(([, text = '']) => text)
}

const names = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(([one]) => one).toSorted()

test('no text of an incident or of the inbox lacks a translation, and each says what the English one says', () => {
  const texts = textsOf()
  expect(texts.length).toBeGreaterThan(70)
  expect(texts.filter((text) => !Object.hasOwn(chinese, text))).toEqual([])
  for (const [english, text] of Object.entries(chinese)) {
    expect([english, text]).toEqual([english, expect.stringMatching(/\p{Script=Han}/u)])
    expect([english, names(text)]).toEqual([english, names(english)])
  }
})

test('the kinds of moments, the states and the severities have a translation', () => {
  const states = ['firing', 'pending', 'resolved', 'reminder', 'acknowledged', 'silenced', 'event', 'critical', 'warning', 'info', 'leak']
  expect([...momentTypes, ...states].filter((text) => !Object.hasOwn(chinese, text))).toEqual([])
})

test('the views of an incident show no text of their own without asking for its translation', () => {
  for (const file of [
    'incident-view.ts',
    'incident-actions.ts',
    'incident-evidence.ts',
    'incident-signal.ts',
    'inbox.ts',
    'receiver-table.ts',
  ]) {
    const source = readFileSync(join(FOLDER, file), 'utf8').replaceAll(/^import .*$|\/\*\*[^]*?\*\//gm, '')
    const bare = [...source.matchAll(/(?<!\b(?:t|said)\(\s*)'([A-Z][a-z]+(?: [^']+)?)'/g)].map(([, text]) => text)
    expect([file, bare]).toEqual([file, []])
  }
})
