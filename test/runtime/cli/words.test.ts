import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { wordsOf } from '../../../runtime/src/cli/words.ts'

test.for([
  ['get a b', ['get', 'a', 'b']],
  ['  set  a=1\t', ['set', 'a=1']],
  ["set a='x y'", ['set', 'a=x y']],
  ['set a="x \\"y\\" \\n"', ['set', 'a=x "y" \\n']],
  [String.raw`get 'datasource.http-1.shop\.v2' a\ b`, ['get', String.raw`datasource.http-1.shop\.v2`, 'a b']],
  ['# a comment', []],
  ['get a#b # and this', ['get', 'a#b']],
  ['get ""', ['get', '']],
] as const)('%s', ([line, words]) => {
  expect(wordsOf(line)).toEqual(words)
})

test.for(["get 'a", 'get "a', 'get a\\'])('%s is not closed', (line) => {
  expect(() => wordsOf(line)).toThrow(/not closed/)
})

test('any words come back from their quotes', () => {
  const quote = (word: string, style: number): string =>
    style === 0
      ? `'${word.replaceAll("'", `'\\''`)}'`
      : style === 1
        ? `"${word.replaceAll(/[\\"$`]/g, String.raw`\$&`)}"`
        : word.replaceAll(/[^\w]/gu, String.raw`\$&`)
  const word = fc.tuple(fc.string({ minLength: 1 }), fc.nat(2))
  fc.assert(
    fc.property(fc.array(word), (words) => {
      expect(wordsOf(words.map(([text, style]) => quote(text, style)).join(' '))).toEqual(words.map(([text]) => text))
    }),
  )
})

test('it splits as the shell of this machine does', () => {
  const line = fc.array(fc.constantFrom('a', 'b', ' ', "'x y'", '"x \\" y"', '\\ ', '\\a', '='), { maxLength: 12 })
  fc.assert(
    fc.property(line, (pieces) => {
      const text = pieces.join('')
      const byShell = execFileSync('sh', ['-c', `for word in ${text}; do printf '%s\\0' "$word"; done`], { encoding: 'utf8' })
      expect(wordsOf(text)).toEqual(byShell.split('\0').slice(0, -1))
    }),
    { numRuns: 30 },
  )
})
