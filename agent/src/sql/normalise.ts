/**
 * Brings a statement to the form in which its executions are counted together: literals and parameters become `?`, comments go, white
 * space and lists are made one. Nothing that a user typed into a literal may come out of here, so in doubt more becomes `?`, not less.
 */

/** `mysql`: backslashes escape inside strings and double quotes make strings. `standard`: PostgreSQL, SQLite and the rest. */
export type SqlDialect = 'standard' | 'mysql'

/** Longest text that is read; the rest of a longer one is cut off. */
export const MAX_SQL_LENGTH = 32_768
const MAX_NORMALISED_LENGTH = 4096

export function normaliseSql(sql: string, dialect: SqlDialect = 'standard'): string {
  const scanner = new Scanner(sql.length > MAX_SQL_LENGTH ? sql.slice(0, MAX_SQL_LENGTH) : sql, dialect === 'mysql')
  const text = collapseLists(scanner.run())
  return text.length > MAX_NORMALISED_LENGTH ? `${text.slice(0, MAX_NORMALISED_LENGTH - 1)}…` : text
}

/** The first word in upper case: SELECT, INSERT, WITH … */
export function operationOf(normalised: string): string {
  return /^\(*([a-z]+)/i.exec(normalised)?.[1]?.toUpperCase() ?? ''
}

const IN_LIST = /\b(in) ?\(\?(?:, \?)+\)/gi
const ARRAY_LIST = /\b(array) ?\[\?(?:, \?)+\]/gi
const ROWS = /\b(values) ?(\([^()]*\))(?:, \([^()]*\))+/gi

function collapseLists(text: string): string {
  return text.replace(IN_LIST, '$1 (?)').replace(ARRAY_LIST, '$1[?]').replace(ROWS, '$1 $2')
}

const SPACE = /\s/
const WORD_START = /[\p{L}_]/u
const WORD = /[\p{L}\p{N}_$]*/uy
const NUMBER = /0[xX][\da-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|\d[\d_]*\.?[\d_]*(?:[eE][+-]?\d+)?/y
const FRACTION = /\.\d[\d_]*(?:[eE][+-]?\d+)?/y
const PLACEHOLDER = /\$\d+|\?\d+/y
const DOLLAR_TAG = /\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$/uy
/** Letters that belong to the string after them: E'…', B'…', X'…', N'…', U&'…'. */
const STRING_PREFIX = /^(?:[ebxn]|u&)$/i

class Scanner {
  readonly #sql: string
  readonly #mysql: boolean
  #at = 0
  #out = ''
  #space = false

  constructor(sql: string, mysql: boolean) {
    this.#sql = sql
    this.#mysql = mysql
  }

  run(): string {
    while (this.#at < this.#sql.length) this.#next()
    return this.#out.replace(/[; ]+$/, '')
  }

  #next(): void {
    const char = this.#sql[this.#at] ?? ''
    if (SPACE.test(char)) {
      this.#space = true
      this.#at++
    } else if (!this.#comment(char) && !this.#quoted(char) && !this.#dollar(char) && !this.#number(char) && !this.#word(char)) {
      this.#at++
      this.#emit(char)
    }
  }

  #comment(char: string): boolean {
    const two = this.#sql.slice(this.#at, this.#at + 2)
    if (two === '--' || (char === '#' && this.#mysql)) {
      const end = this.#sql.indexOf('\n', this.#at)
      this.#at = end < 0 ? this.#sql.length : end + 1
    } else if (two === '/*') {
      this.#at = this.#endOfBlockComment()
    } else {
      return false
    }
    this.#space = true
    return true
  }

  /** PostgreSQL nests them. */
  #endOfBlockComment(): number {
    let depth = 0
    for (let at = this.#at; at < this.#sql.length; at++) {
      const two = this.#sql.slice(at, at + 2)
      if (two === '/*') {
        depth++
        at++
      } else if (two === '*/') {
        at++
        if (--depth === 0 || this.#mysql) return at + 1
      }
    }
    return this.#sql.length
  }

  #quoted(char: string): boolean {
    if (char === "'" || (char === '"' && this.#mysql)) {
      this.#at = this.#endOfQuotes(char, this.#mysql)
      this.#emit('?')
      return true
    }
    if (char !== '"' && char !== '`') return false
    const end = this.#endOfQuotes(char, false)
    const name = this.#sql.slice(this.#at, end)
    this.#at = end
    this.#emit(name.length > 1 && name.endsWith(char) ? name : '?') // an unclosed name may be a literal gone wrong
    return true
  }

  /** Index after the closing quote; a doubled quote stands for one. */
  #endOfQuotes(quote: string, backslash: boolean): number {
    for (let at = this.#at + 1; at < this.#sql.length; at++) {
      const char = this.#sql[at]
      if (char === '\\' && backslash) at++
      else if (char === quote && this.#sql[at + 1] === quote) at++
      else if (char === quote) return at + 1
    }
    return this.#sql.length
  }

  #dollar(char: string): boolean {
    if (char === '?' || char === '$') {
      if (this.#match(PLACEHOLDER)) {
        this.#emit('?')
        return true
      }
    }
    if (char !== '$') return false
    const tag = this.#match(DOLLAR_TAG)
    if (!tag) return false
    const end = this.#sql.indexOf(tag, this.#at)
    this.#at = end < 0 ? this.#sql.length : end + tag.length
    this.#emit('?')
    return true
  }

  #number(char: string): boolean {
    if (char === '.' ? !this.#match(FRACTION) : !(char >= '0' && char <= '9' && this.#match(NUMBER))) return false
    this.#match(WORD) // letters that stick to a number are part of a literal, if of a wrong one
    this.#emit('?')
    return true
  }

  #word(char: string): boolean {
    if (!WORD_START.test(char)) return false
    let word = this.#match(WORD) ?? ''
    if (/^u$/i.test(word) && this.#sql.startsWith("&'", this.#at)) {
      word += '&'
      this.#at++
    }
    if (this.#sql[this.#at] === "'" && STRING_PREFIX.test(word)) {
      this.#at = this.#endOfQuotes("'", this.#mysql || /^e$/i.test(word))
      this.#emit('?')
    } else {
      this.#emit(word)
    }
    return true
  }

  /** Matches at the present place and moves behind it. */
  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#sql)?.[0]
    if (!found) return undefined
    this.#at += found.length
    return found
  }

  /** One space where there was any, none inside brackets or before commas, always one after a comma. */
  #emit(token: string): void {
    const last = this.#out.at(-1) ?? ' '
    const wantsSpace = last === ',' || (this.#space && last !== '(' && last !== '[' && last !== ' ')
    if (wantsSpace && token !== ',' && token !== ')' && token !== ']' && token !== ';') this.#out += ' '
    this.#space = false
    this.#out += token
  }
}
