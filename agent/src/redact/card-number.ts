/** Payment card numbers: 13 to 19 digits in the range of an issuer, with a valid check digit (ISO/IEC 7812-1). */

/** The first four digits are printed together on every card: `34 1795693762702` is a count and a time. */
const CARD = /(?<![\w.])(?:[3-6]\d|2[2-7])\d\d(?:[ -]?\d){9,15}(?![\w]|\.\d)/g

/** Grouped as cards print it, by whatever sign stands between all groups: points, slashes, white space of other widths, `%20`. */
const SIGN = String.raw`(%20|%2D|[^\w\n]{1,3}|_)`
const GROUPED = new RegExp(
  String.raw`(?<![\w])(?:(?:[3-6]\d|2[2-7])\d\d${SIGN}\d{4}\1\d{4}\1\d{4}(?:\1\d{3})?|3\d{3}${SIGN}\d{6}\2\d{4,5})(?![\w])`,
  'g',
)

/** Replaces card numbers, also with single spaces or dashes between their digits, or in groups with other signs. */
export function redactCardNumbers(text: string, by: string): string {
  return text.replaceAll(CARD, (number) => orReplaced(number, by)).replaceAll(GROUPED, (number) => orReplaced(number, by))
}

function orReplaced(number: string, by: string): string {
  return isCardNumber(number.replaceAll(/%2[0D]|\D/g, '')) ? by : number
}

/** Ranges and lengths of the issuers: Visa, Mastercard, American Express, Diners Club, JCB, Discover, UnionPay, Maestro. */
const ISSUER =
  /^(?:4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|35\d{14}|6(?:011|5\d\d|4[4-9]\d|2\d\d)\d{12}(?:\d{3})?|(?:5[06-9]|6[37])\d{14})$/

/** Whether these digits are one card number. */
export function isCardNumber(digits: string): boolean {
  return digits.length <= 19 && ISSUER.test(digits) && hasCheckDigit(digits)
}

function hasCheckDigit(digits: string): boolean {
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i])
    const twice = digit * 2
    sum += i % 2 === 0 ? digit : twice > 9 ? twice - 9 : twice
  }
  return sum % 10 === 0
}
