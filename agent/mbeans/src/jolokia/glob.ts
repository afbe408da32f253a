/**
 * Patterns with `*` and `?`, matched without a regular expression: two cursors and one backtracking point, so the time is bounded by
 * pattern length × text length for any input.
 */

/** `any`: any run of characters; `one`: exactly one; otherwise that character. */
type Token = string | typeof ANY | typeof ONE
const ANY = Symbol('any')
const ONE = Symbol('one')

export type Matcher = (text: string) => boolean

/** Compiles a pattern. In quotes a backslash makes the next character literal, and the matched text contains both. */
export function compileGlob(pattern: string): Matcher {
  const tokens = tokensOf(pattern)
  if (!tokens.includes(ANY) && !tokens.includes(ONE)) return (text) => text === pattern
  return (text) => matches(tokens, text)
}

function tokensOf(pattern: string): Token[] {
  const quoted = pattern.startsWith('"')
  const tokens: Token[] = []
  for (let index = 0; index < pattern.length; index++) {
    const character = pattern[index]!
    if (quoted && character === '\\' && index + 1 < pattern.length) tokens.push(character, pattern[++index]!)
    else if (character === '*') {
      if (tokens.at(-1) !== ANY) tokens.push(ANY)
    } else tokens.push(character === '?' ? ONE : character)
  }
  return tokens
}

function matches(tokens: readonly Token[], text: string): boolean {
  let token = 0
  let at = 0
  let returnToken = -1
  let returnAt = 0
  while (at < text.length) {
    const expected = tokens[token]
    if (expected === ANY) {
      returnToken = token++
      returnAt = at
    } else if (expected === ONE || expected === text[at]) {
      token++
      at++
    } else if (returnToken >= 0) {
      token = returnToken + 1
      at = ++returnAt
    } else return false
  }
  while (tokens[token] === ANY) token++
  return token === tokens.length
}
