import { expect, test } from 'vitest'
import { ANY, afterLength, Plain } from '../../../collector/src/redact/plain.ts'

const plain = new Plain()
/** Whether an AnyValue of this content is plain. */
function isValue(...bytes: readonly (number | string)[]): boolean {
  const value = Buffer.concat(bytes.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.of(part))))
  plain.read(Buffer.concat([Buffer.of(18, value.length), value, Buffer.of(0)]))
  return plain.isValue(2, 2 + value.length)
}

const double = (value: number): number[] => {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(value)
  return [...bytes]
}

test('texts, short numbers and booleans are plain; a text with the beginning of a secret is not', () => {
  expect(isValue(ANY.string, 5, 'hello')).toBe(true)
  expect(isValue(ANY.string, 0)).toBe(true)
  expect(isValue(ANY.string, 4, 'pw=x')).toBe(false)
  expect(isValue(ANY.bool, 1)).toBe(true)
  expect(isValue(ANY.int, 187, 3)).toBe(true)
  expect(isValue(ANY.double, ...double(0.5))).toBe(true)
})

test('what could be a card number, is nested or is not one whole field is not plain', () => {
  expect(isValue(ANY.double, ...double(4_000_056_655_665_556))).toBe(false)
  expect(isValue(ANY.int, 148, 250, 156, 210, 175, 243, 141, 7)).toBe(false)
  expect(isValue(ANY.array, 0)).toBe(false)
  expect(isValue(ANY.map, 0)).toBe(false)
  expect(isValue(ANY.bytes, 1, 'a')).toBe(false)
  expect(isValue(ANY.string, 1, 'a', ANY.bool, 1)).toBe(false)
  expect(isValue(ANY.double, ...double(0.5), ANY.bool, 1)).toBe(false)
})

test('a key is plain when neither it nor its value is a secret', () => {
  const isKey = (key: string): boolean => {
    plain.read(Buffer.from(key))
    return plain.isKey(0, Buffer.byteLength(key))
  }
  expect(['http.route', 'user.id', 'password', 'db.statement', 'url.full', 'token=abc'].map(isKey)).toEqual([
    true,
    true,
    false,
    false,
    false,
    false,
  ])
})

test('a text that was searched and a name that was shown are plain from then on', () => {
  const text = Buffer.from('at a.ts:12:3')
  plain.read(text)
  expect([plain.isText(0, text.length), plain.isName(0, text.length)]).toEqual([false, false])
  plain.texts.add(plain.view, 0, text.length)
  plain.names.add(plain.view, 0, text.length)
  expect([plain.isText(0, text.length), plain.isName(0, text.length)]).toEqual([true, true])
})

test('a length of one or two bytes that spans just what is left', () => {
  const buf = Buffer.concat([Buffer.of(200, 1), Buffer.alloc(200)])
  expect(afterLength(buf, 0, 202)).toBe(2)
  expect(afterLength(buf, 0, 201)).toBe(-1)
  expect(afterLength(Buffer.of(1, 65), 0, 2)).toBe(1)
  expect(afterLength(Buffer.of(200, 129, 1), 0, 3)).toBe(-1)
})
