/** Numbers of bank accounts (IBAN, ISO 13616): two letters, two check digits, and up to 30 more, also in groups of four. */

const ACCOUNT = /(?<![\w.])[A-Z]{2}\d\d(?: ?[A-Z\d]{4}){2,7}(?: ?[A-Z\d]{1,3})?(?![\w])/g

/** Replaces account numbers whose check digits are right. */
export function redactAccounts(text: string, by: string): string {
  return text.replaceAll(ACCOUNT, (account) => (isAccount(account.replaceAll(' ', '')) ? by : account))
}

/** Whether the check digits are right: the number with its beginning at the end leaves 1 by 97. */
export function isAccount(account: string): boolean {
  if (account.length < 15 || account.length > 34) return false
  let rest = 0
  for (const char of account.slice(4) + account.slice(0, 4)) {
    const value = Number.parseInt(char, 36)
    rest = (value > 9 ? rest * 100 + value : rest * 10 + value) % 97
  }
  return rest === 1
}
