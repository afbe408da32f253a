import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { escapePart, joinPath, splitPath } from '../../../../agent/mbeans/src/jolokia/escape.ts'

describe('splitPath', () => {
  it.each([
    ['', []],
    ['/', []],
    ['/a/b', ['a', 'b']],
    ['a/b/', ['a', 'b']],
    ['a//b', ['a', '', 'b']],
    ['a!/b', ['a/b']],
    ['a!!b', ['a!b']],
    ['!"a!"', ['"a"']],
    ['!Verbose', ['Verbose']],
    ['jolokia.it:type=naming!//Ok', ['jolokia.it:type=naming/', 'Ok']],
    ['a!/', ['a/']],
    ['a!', ['a!']],
  ])('splits %j', (path, parts) => expect(splitPath(path)).toEqual(parts))

  it('gives back what joinPath joined, unless the last part is empty', () => {
    const part = fc.oneof(fc.string({ minLength: 1 }), fc.stringMatching(/^[!/"a]+$/))
    fc.assert(
      fc.property(fc.array(part, { minLength: 1 }), (parts) => {
        expect(splitPath(joinPath(parts))).toEqual(parts)
      }),
    )
  })

  it('takes any text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(splitPath(text).every((part) => typeof part === 'string')).toBe(true)
      }),
    )
  })
})

describe('escapePart', () => {
  it('leaves no slash unescaped', () => expect(escapePart('a/b!c')).toBe('a!/b!!c'))
})
