import { readFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'

/** Words and phrases of old or translated prose. None has a use in this code base; beside each, what to write. */
const ARCHAIC = {
  'mend(s|ed|ing)?': 'fix',
  anew: 'again, or a verb with re-',
  unasked: 'unexpectedly',
  'who(so)?ever': 'the caller, the sender, anyone who',
  'befall(s|en)?': 'happens to',
  hitherto: 'so far',
  '(there|where)(of|in|by|upon|with)': 'of it, in it, by that',
  '(hence|forth)(forth|with)': 'from now on, immediately',
  '(whilst|amongst|nought|lest)': 'while, among, nothing, so that not',
  'for ever': 'forever, permanently',
  'stands? twice': 'duplicate',
  'stands? in (for|place)': 'replaces',
  'in vain': 'without effect',
  'broken off': 'interrupted, aborted',
  'as (it|they) stands?': 'unchanged, as a partial record',
  '(tells?|hears?|told|speaks?) of': 'reports, is notified of, describes',
  'heed(s|ed)?': 'applies',
  dearer: 'more expensive',
}
const archaic = new RegExp(String.raw`\b(?:${Object.keys(ARCHAIC).join('|')})\b`, 'i')

/** The test that lists the words, and texts of others. */
const EXCEPT = new Set(['test/docs/english.test.ts', 'package-lock.json'])

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], { encoding: 'utf8' })
  .split('\0')
  .filter((file) => /\.(ts|mjs|cjs|js|html|css|hbs|sql|md|json|ya?ml)$/.test(file) && !EXCEPT.has(file))

test('no source, message or document has an archaic phrase', () => {
  expect(files.length).toBeGreaterThan(500)
  const found = files.flatMap((file) =>
    readText(file)
      .split('\n')
      .flatMap((line, at) => (archaic.test(line) ? [`${file}:${at + 1}: ${line.trim()}`] : [])),
  )
  expect(found).toEqual([])
})

/** A file that was removed and not committed yet is still listed. */
function readText(file: string): string {
  try {
    return readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
  } catch {
    return ''
  }
}
