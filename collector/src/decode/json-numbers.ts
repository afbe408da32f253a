/** Numbers of protobuf's JSON form (https://protobuf.dev/programming-guides/json/): as number or as text, also `1e3` and `2.0`, exact. */
import { sourceOf } from './exact-json.ts'

/** No 64-bit integer has more digits. */
const MAX_DIGITS = 20
const INTEGER = /^(-?)0*(\d+?)(?:\.(\d+?)0*)?(?:[eE]([+-]?\d{1,3}))?$/
const DOUBLE = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/

const WORDS: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
}

/** The integer that a value represents; undefined if it is not one. */
export function integerOf(value: unknown): number | bigint | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : undefined
  const text = typeof value === 'string' ? value : sourceOf(value)
  if (text === undefined) return undefined
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = INTEGER.exec(text) ?? [undefined, '', '']
  if (whole === '') return undefined
  const digits = shifted(whole, fraction.replace(/^0*$/, ''), Number(exponent))
  return digits === undefined ? undefined : BigInt(sign + digits)
}

/** The digits of whole.fraction × 10^exponent, if that is an integer of a plausible size. */
function shifted(whole: string, fraction: string, exponent: number): string | undefined {
  const digits = (whole + fraction).replace(/^0+(?=\d)/, '')
  if (digits === '0') return digits
  const places = exponent - fraction.length
  if (digits.length + places > MAX_DIGITS) return undefined
  if (places >= 0) return digits + '0'.repeat(places)
  const cut = digits.length + places
  return cut > 0 && /^0+$/.test(digits.slice(cut)) ? digits.slice(0, cut) : undefined
}

/** The double that a value represents; undefined if it is not a number. */
export function doubleOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  const text = typeof value === 'string' ? value : sourceOf(value)
  if (text === undefined) return undefined
  if (Object.hasOwn(WORDS, text)) return WORDS[text]
  const number = DOUBLE.test(text) ? Number(text) : Number.NaN
  return Number.isFinite(number) ? number : undefined
}
