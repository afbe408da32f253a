import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { codeOf, quoteKeyValue } from '@spyglass/agent/contract'
import { compilePattern, keyListOf, parseObjectName } from '../../../../agent/mbeans/src/jolokia/object-name.ts'

const matches = (pattern: string, name: string) => compilePattern(parseObjectName(pattern))(parseObjectName(name))

describe('parseObjectName', () => {
  it('takes names apart and knows equal ones by their canonical form', () => {
    const name = parseObjectName('java.lang:type=MemoryPool,name=old_space')
    expect(name).toMatchObject({ domain: 'java.lang', isPattern: false, isOpen: false })
    expect([...name.keys]).toEqual([
      ['type', 'MemoryPool'],
      ['name', 'old_space'],
    ])
    expect(name.canonical).toBe(parseObjectName('java.lang:name=old_space,type=MemoryPool').canonical)
  })

  it('keeps the quotes of quoted values, and commas, colons and escapes in them', () => {
    expect(parseObjectName('d:name="a,b:c=d\\"e"').keys.get('name')).toBe('"a,b:c=d\\"e"')
    expect(parseObjectName('d:name="a\\*b"').isPattern).toBe(false)
    expect(parseObjectName('d:name="a*b"').isPattern).toBe(true)
  })

  it.each([
    '',
    'bad',
    'd:',
    ':',
    'd:=v',
    'd:k',
    'd:k=v,',
    'd:k=v,k=w',
    'd:k="v',
    'd:k="v"x',
    'd:k=a"b',
    'd:k*=v',
    'd:*,*',
    'a\nb:k=v',
    `d:k=${'x'.repeat(3000)}`,
  ])('refuses %j with a code of its own', (text) =>
    expect(() => parseObjectName(text)).toThrow(expect.objectContaining({ code: expect.stringMatching(/^SPY_JOLOKIA_/) as string })),
  )

  it('never throws anything without a code', () => {
    const garbage = fc.oneof(fc.string(), fc.stringMatching(/^[a:=,"*?\\]{0,20}$/))
    fc.assert(
      fc.property(garbage, (text) => {
        let code: string | undefined = 'SPY_JOLOKIA_OK'
        try {
          parseObjectName(text)
        } catch (error) {
          code = codeOf(error)
        }
        expect(code).toMatch(/^SPY_JOLOKIA_/)
      }),
    )
  })

  it('reads back every value that the contract writes', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 100 }), (value) => {
        const quoted = quoteKeyValue(value)
        const name = parseObjectName(`d:type=T,name=${quoted}`)
        expect(name.keys.get('name')).toBe(quoted)
        expect(name.isPattern).toBe(false)
      }),
    )
  })
})

describe('compilePattern', () => {
  it.each([
    ['*:*', 'd:k=v', true],
    ['d:k=*', 'd:k=v', true],
    ['d:k=*', 'd:k=v,l=w', false],
    ['d:k=v,*', 'd:k=v,l=w', true],
    ['d:l=w,k=v', 'd:k=v,l=w', true],
    ['java.*:type=Mem*', 'java.lang:type=Memory', true],
    ['java.*:type=Mem*', 'javax:type=Memory', false],
    ['d:name=*', 'd:name="jdbc/x"', true],
    ['d:name="jdbc*"', 'd:name="jdbc/x"', true],
    ['Catalina:type=ThreadPool,name=*', 'Catalina:type=ThreadPool,name=http-8080', true],
  ])('%s on %s: %s', (pattern, name, expected) => expect(matches(pattern, name)).toBe(expected))
})

describe('keyListOf', () => {
  it('is what follows the domain', () => expect(keyListOf('d:a=b:c')).toBe('a=b:c'))
})
