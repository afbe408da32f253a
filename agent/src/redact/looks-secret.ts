/** Whether a word could be a password or a key: letters with digits or signs, but no time, amount, path, address or call. */

const SIGNS = /[!$%^&*+=~@#]/
const NO_SECRET = /^v?[\d.:/+,-]+[a-z%]{0,3}$|^[\d-]+T[\d:.]+|:\/\/|^[./]|^[\w@.-]+(?:\/[\w@.-]+)+\.\w{1,5}$|\($/i
/** A field and its value. */
const FIELD = /^[a-z_.-]+=/

export function looksSecret(word: string, minLength = 6): boolean {
  if (word.length < minLength || NO_SECRET.test(word) || FIELD.test(word) || !/[a-z]/i.test(word)) return false
  return /\d/.test(word) || SIGNS.test(word)
}
