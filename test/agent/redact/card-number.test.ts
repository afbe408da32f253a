import { expect, test } from 'vitest'
import { isCardNumber, redactCardNumbers } from '../../../agent/src/redact/card-number.ts'

test.each(['4111111111111111', '5555555555554444', '378282246310005', '6011111111111117', '2223003122003222', '4222222222222'])(
  '%s is a card number, also with separators',
  (number) => {
    expect(isCardNumber(number)).toBe(true)
    const spaced = number.replaceAll(/(\d{4})(?=\d)/g, '$1 ')
    const dashed = number.replaceAll(/(\d{4})(?=\d)/g, '$1-')
    expect(redactCardNumbers(`pay ${number}, ${spaced}; ${dashed}.`, '*')).toBe('pay *, *; *.')
  },
)

test.each(['4111111111111112', '411111111111', '1732612345678901234', '41111111111111111111', '', '4111-1111-1111-1111'])(
  '%s is none',
  (number) => {
    expect(isCardNumber(number)).toBe(false)
  },
)

test('digits inside words and fractions are none', () => {
  for (const text of ['x4111111111111111', '4111111111111111x', '0.4111111111111111', '4111111111111111.5', '4111111111111111_'])
    expect(redactCardNumbers(text, '*')).toBe(text)
})

test('a short number beside a long one is not one card: a path and a time in milliseconds', () => {
  const lines = Array.from({ length: 200 }, (_, i) => `GET /34 ${1_795_693_762_000 + i} 200`)
  expect(lines.map((line) => redactCardNumbers(line, '*'))).toEqual(lines)
})
