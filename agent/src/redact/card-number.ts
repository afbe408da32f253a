/** Numbers of payment cards: 13 to 19 digits of a card issuer's range whose check digit is right (ISO/IEC 7812-1). */

const CARD = /(?<![\w.])(?:[3-6]|2[2-7])(?:[ -]?\d){12,18}(?![\w]|\.\d)/g

/** Replaces card numbers, also with single spaces or dashes between their digits. */
export function redactCardNumbers(text: string, by: string): string {
  return text.replaceAll(CARD, (number) => (isCardNumber(number.replaceAll(/[ -]/g, '')) ? by : number))
}

/** Whether these digits are one card number. */
export function isCardNumber(digits: string): boolean {
  return /^(?:[3-6]|2[2-7])\d{12,18}$/.test(digits.slice(0, 20)) && digits.length <= 19 && hasCheckDigit(digits)
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
