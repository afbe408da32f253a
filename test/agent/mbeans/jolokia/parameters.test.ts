import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { codeOf } from '@spyglass/agent/contract'
import { defaultParameters, isUnlimited, queryParameters, withConfig } from '../../../../agent/mbeans/src/jolokia/parameters.ts'

const query = (text: string) => queryParameters(new URLSearchParams(text))

describe('queryParameters', () => {
  it('passes over what it does not know', () => expect(query('nope=1&p=x')).toBe(defaultParameters))

  it('reads counts and flags', () => {
    expect(query('maxDepth=3&ignoreErrors=TRUE&listCache=1&serializeLong=string')).toMatchObject({
      maxDepth: 3,
      ignoreErrors: true,
      listCache: false,
      serializeLong: true,
    })
  })

  it.each(['maxDepth=x', 'maxDepth=-1', 'ifModifiedSince=9999999999', 'mimeType=text/html', 'callback=cb', 'maxObjects='])(
    'refuses %s',
    (text) => {
      expect(() => query(text)).toThrow(expect.objectContaining({ code: 'SPY_JOLOKIA_BAD_PARAMETER' }))
    },
  )

  it('never throws without a code', () => {
    const names = fc.constantFrom(...Object.keys(defaultParameters), 'x', '__proto__', 'constructor')
    fc.assert(
      fc.property(fc.array(fc.tuple(names, fc.string())), (pairs) => {
        let code: string | undefined = 'SPY_JOLOKIA_OK'
        try {
          queryParameters(new URLSearchParams(pairs))
        } catch (error) {
          code = codeOf(error)
        }
        expect(code).toMatch(/^SPY_JOLOKIA_/)
      }),
    )
  })
})

describe('withConfig', () => {
  it('goes before the query, and leaves what it does not name', () => {
    const base = query('maxDepth=3&ignoreErrors=true')
    expect(withConfig(base, { maxDepth: '5', constructor: 1, nope: 2 })).toEqual({ ...base, maxDepth: 5 })
    expect(withConfig(base, null)).toBe(base)
    expect(withConfig(base, {})).toBe(base)
  })

  it('refuses a bad value as Java would a bad number', () => {
    expect(() => withConfig(defaultParameters, { maxDepth: 'x' })).toThrow('For input string: "x"')
    expect(() => withConfig(defaultParameters, { maxDepth: {} })).toThrow(expect.objectContaining({ code: 'SPY_JOLOKIA_BAD_CONFIG' }))
  })
})

describe('isUnlimited', () => {
  it('takes a depth that no value of ours reaches for no limit', () => {
    expect(isUnlimited({ ...defaultParameters, maxDepth: 10 })).toBe(true)
    expect(isUnlimited({ ...defaultParameters, maxDepth: 2 })).toBe(false)
    expect(isUnlimited({ ...defaultParameters, serializeLong: true })).toBe(false)
  })
})
