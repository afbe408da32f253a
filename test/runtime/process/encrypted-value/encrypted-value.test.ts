import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type AlgorithmName,
  algorithms,
  decryptValue,
  encryptValue,
  isEncrypted,
  withDecrypted,
} from '../../../../runtime/process/src/encrypted-value/index.ts'

const names = Object.keys(algorithms) as AlgorithmName[]
const anyKey = fc.uint8Array({ minLength: 32, maxLength: 64 }).map((bytes) => Buffer.from(bytes))

test('what is encrypted can be read with its key and with no other, and looks different each time', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), anyKey, anyKey, fc.constantFrom(...names), (plain, key, other, algorithm) => {
      const text = encryptValue(plain, key, algorithm)
      expect(isEncrypted(text)).toBe(true)
      expect(decryptValue(text, key)).toBe(Buffer.from(plain).toString())
      expect(encryptValue(plain, key, algorithm)).not.toBe(text)
      if (!key.equals(other)) expect(() => decryptValue(text, other)).toThrow(/another key, or was changed/)
    }),
  )
})

test('no change of a value goes unnoticed: not of a character, not of the algorithm, not of its length', () => {
  const key = randomBytes(32)
  for (const algorithm of names) {
    const head = `encrypted:v1:${algorithm}:`.length
    const text = encryptValue('a password', key, algorithm)
    fc.assert(
      fc.property(fc.integer({ min: head, max: text.length - 1 }), fc.constantFrom('A', 'b', '-', '7', ''), (at, character) => {
        const changed = text.slice(0, at) + character + text.slice(at + 1)
        const isSame = Buffer.from(changed.slice(head), 'base64url').equals(Buffer.from(text.slice(head), 'base64url'))
        if (!isSame) expect(() => decryptValue(changed, key, 'console.password')).toThrow(/console.password cannot be decrypted/)
      }),
    )
    const other = names.find((name) => name !== algorithm) ?? ''
    expect(() => decryptValue(text.replace(algorithm, other), key)).toThrow(/changed/)
  }
})

test('garbage is an error with a code that quotes nothing of it', () => {
  fc.assert(
    fc.property(fc.string(), (garbage) => {
      expect(() => decryptValue(`encrypted:${garbage}`, randomBytes(32), 'x')).toThrow(
        expect.objectContaining({ code: 'SPY_SECRET_UNREADABLE' }),
      )
    }),
  )
  expect(() => decryptValue('encrypted:v1:rot13:hunter2', randomBytes(32), 'x')).not.toThrow(/hunter2/)
})

test('every encrypted text of a tree is decrypted, and messages name its path', () => {
  const key = randomBytes(32)
  const tree = { a: [{ b: encryptValue('one', key) }, 'plain'], c: { d: encryptValue('two', key, 'sm4-cbc-hmac-sm3') }, e: 7, f: null }
  expect(withDecrypted(tree, () => key, 'file')).toEqual({ a: [{ b: 'one' }, 'plain'], c: { d: 'two' }, e: 7, f: null })
  expect(() => withDecrypted(tree, () => randomBytes(32), 'file')).toThrow('file a[0] b cannot be decrypted')
  expect(withDecrypted({ a: 'plain' }, () => expect.fail('no key is needed'), '')).toEqual({ a: 'plain' })
})
