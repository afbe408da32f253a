/**
 * Reads a statement once, from left to right, in one dialect. Nothing that may be a literal is in its output: in doubt more becomes `?`,
 * and it stops where the end of a literal is uncertain.
 */
import { CLASS, classOf, isDigit, isWordUnit } from './characters.ts'
import type { Dialect } from './dialect.ts'
import {
  dollarTag,
  endOfBlock,
  endOfBracketName,
  endOfLine,
  endOfQQuote,
  endOfQuotes,
  endOfRegex,
  endOfTripleQuotes,
  isTripleQuote,
  precedesRegex,
} from './literals.ts'
import { FRAME, KIND, ShapeWriter } from './shape-writer.ts'
import { isCharacterSet, isPrefixPlace, isSignPosition, isStringPrefix, StatementWords } from './words.ts'

/** One reading of a text. */
export interface Reading {
  readonly text: string
  /** The output up to and including the `?` of the first literal whose end depends on a server setting; undefined if there is none. */
  readonly beforeDoubt: string | undefined
  /** Everything that was opened was closed, and nothing was found where nothing is allowed. */
  readonly isSound: boolean
}

const MINUS = 45
const QUOTE = 39
const UUID = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}(?![\w$])/iy
const UUID_FIRST_PART = 8
/** MySQL's names of character sets are the longest. */
const MAX_PREFIX_LENGTH = 12

export class Scanner {
  readonly #out = new ShapeWriter()
  readonly #words = new StatementWords()
  #sql = ''
  #dialect!: Dialect
  #escape = false
  #at = 0
  #isSound = true
  #beforeDoubt: string | undefined
  /** The previous word, which decides what brackets and signs after it mean. */
  #wordStart = 0
  #wordEnd = 0
  /** Whether the last literal was a string, and whether backslashes escaped in it: SQL joins consecutive strings. */
  #joins: 'no' | 'plain' | 'escape' = 'no'
  /** Everything that follows is omitted. */
  #cutsNext = false

  /** Reads `sql`; `escape` settles whether backslashes escape where the dialect leaves it to a setting. */
  read(sql: string, dialect: Dialect, escape: boolean): Reading {
    this.#sql = sql
    this.#dialect = dialect
    this.#escape = escape
    this.#at = this.#wordStart = this.#wordEnd = 0
    this.#isSound = true
    this.#beforeDoubt = undefined
    this.#joins = 'no'
    this.#cutsNext = false
    this.#out.reset()
    this.#words.reset(dialect)
    while (this.#at < sql.length && !this.#out.isFull) this.#next()
    this.#out.finish()
    return { text: this.#out.text(), beforeDoubt: this.#beforeDoubt, isSound: this.#isSound && this.#out.isBalanced }
  }

  #next(): void {
    const kind = classOf(this.#sql.charCodeAt(this.#at))
    if (kind === CLASS.space) {
      this.#at++
      this.#out.space = true
    } else if (this.#cutsNext) this.#cut()
    else if (kind === CLASS.word) this.#word()
    else if (kind === CLASS.digit) this.#number()
    else this.#punctuation(kind)
  }

  #punctuation(kind: number): void {
    switch (kind) {
      case CLASS.apostrophe:
        return this.#string(this.#at, this.#joins === 'escape' || this.#escapes())
      case CLASS.doubleQuote:
        return this.#doubleQuoted()
      case CLASS.backtick:
        return this.#name()
      case CLASS.open:
        return this.#open()
      case CLASS.close:
      case CLASS.closeBracket:
        this.#out.close(this.#sql, this.#at)
        return this.#passed(1)
      case CLASS.comma:
        this.#out.comma()
        return this.#passed(1)
      case CLASS.semicolon:
        this.#out.semicolon()
        this.#words.nextStatement()
        return this.#passed(1)
      case CLASS.dot:
        return this.#dot()
      case CLASS.question:
        return this.#placeholder(1)
      case CLASS.sign:
        return this.#sign()
      case CLASS.nul:
        return this.#end()
      default:
        return this.#rarePunctuation(kind)
    }
  }

  #rarePunctuation(kind: number): void {
    switch (kind) {
      case CLASS.slash:
        return this.#slash()
      case CLASS.hash:
        return this.#lineComment(this.#dialect.hash)
      case CLASS.openBracket:
        return this.#bracket()
      case CLASS.dollar:
        return this.#dollar()
      case CLASS.colon:
        return this.#colon()
      case CLASS.backslash:
        this.#isSound = false
        return this.#operator()
      case CLASS.star:
        return this.#star()
      case CLASS.ellipsis:
        return this.#cut()
      case CLASS.curlyApostrophe:
      case CLASS.curlyQuote:
        return this.#curlyQuoted(kind)
      default:
        return this.#operator()
    }
  }

  /** Continues after a token that is not a string. */
  #passed(length: number): void {
    this.#at += length
    this.#joins = 'no'
  }

  #operator(): void {
    this.#out.token(this.#sql, this.#at, this.#at + 1, KIND.operator)
    this.#passed(1)
  }

  /** The rest cannot be read safely, or must not be shown. */
  #cut(): void {
    this.#out.cut()
    this.#end()
  }

  #end(): void {
    this.#at = this.#sql.length
  }

  #placeholder(length: number): void {
    this.#out.literal()
    this.#passed(length)
    while (isDigit(this.#sql.charCodeAt(this.#at))) this.#at++
  }

  #dot(): void {
    const { last } = this.#out
    const isSeparator = !this.#out.space && (last === KIND.word || last === KIND.name || last === KIND.close || last === KIND.literal)
    if (!isSeparator && isDigit(this.#sql.charCodeAt(this.#at + 1))) return this.#number()
    this.#out.token(this.#sql, this.#at, this.#at + 1, KIND.dot)
    this.#passed(1)
  }

  /** Digits and everything attached to them: fractions, exponents, units, addresses. */
  #number(): void {
    const sql = this.#sql
    const start = this.#at
    if (this.#uuid(start)) return
    for (this.#at++; ; this.#at++) {
      const unit = sql.charCodeAt(this.#at)
      if (isWordUnit(unit) || sql[this.#at] === '.') continue
      if (!this.#isExponentSign(start)) break
    }
    this.#out.literal()
    this.#passed(0)
  }

  #isExponentSign(start: number): boolean {
    const sql = this.#sql
    const at = this.#at
    return (sql[at] === '-' || sql[at] === '+') && /e/i.test(sql[at - 1] ?? '') && sql[start + 1] !== 'x' && isDigit(sql.charCodeAt(at + 1))
  }

  /** Cassandra and others write identifiers without quotes. */
  #uuid(start: number): boolean {
    if (this.#sql.charCodeAt(start + UUID_FIRST_PART) !== MINUS) return false
    UUID.lastIndex = start
    const found = UUID.exec(this.#sql)
    if (!found) return false
    this.#out.literal()
    this.#passed(found[0].length)
    return true
  }

  #word(): void {
    const sql = this.#sql
    const start = this.#at
    let end = start + 1
    while (isWordUnit(sql.charCodeAt(end))) end++
    if (sql.charCodeAt(start + UUID_FIRST_PART) === MINUS && end === start + UUID_FIRST_PART && this.#uuid(start)) return
    if (this.#prefixed(start, end)) return
    const verdict = this.#words.verdict(sql, start, end, this.#out.last)
    if (verdict === 'foreign') {
      this.#out.reset()
      this.#out.literal()
      this.#end()
      return
    }
    if (verdict === 'literal') {
      this.#out.literal()
      return this.#passed(end - start)
    }
    this.#out.token(sql, start, end, KIND.word)
    this.#wordStart = start
    this.#wordEnd = end
    this.#passed(end - start)
    this.#cutsNext = verdict === 'cut'
  }

  /** A string with letters before it: E'…', N'…', U&'…', _utf8'…', q'[…]'. */
  #prefixed(start: number, end: number): boolean {
    const sql = this.#sql
    const quote = end === start + 1 && sql[end] === '&' ? end + 1 : end
    if (sql.charCodeAt(quote) !== QUOTE && !(sql[quote] === '"' && this.#dialect.doubleQuote === 'string')) return false
    if (end - start > MAX_PREFIX_LENGTH) return false
    const prefix = sql.slice(start, end).toLowerCase()
    if (prefix === 'q' || prefix === 'nq') return this.#qQuoted(quote)
    if (!isStringPrefix(prefix) && !isCharacterSet(prefix)) return false
    this.#string(quote, prefix === 'e' || this.#escapes(), prefix === 'e' && this.#dialect.backslash !== 'unknown')
    return true
  }

  #qQuoted(quote: number): boolean {
    const { qQuote } = this.#dialect
    if (qQuote === false) return false
    const end = endOfQQuote(this.#sql, quote)
    this.#literalTo(end)
    if (qQuote === 'unknown' && endOfQuotes(this.#sql, quote, false).end !== end) this.#cut()
    return true
  }

  #escapes(): boolean {
    const { backslash } = this.#dialect
    return backslash === 'escape' || (backslash !== 'plain' && this.#escape)
  }

  /** A string literal whose quote stands at `open`; `isSettled`: nothing but the text decides whether backslashes escape in it. */
  #string(open: number, escape: boolean, isSettled = this.#joins === 'escape'): void {
    const isJoined = this.#joins !== 'no'
    const { backslash, tripleQuote } = this.#dialect
    const isTriple = tripleQuote && isTripleQuote(this.#sql, open)
    const { end, isDoubtful } = isTriple
      ? { end: endOfTripleQuotes(this.#sql, open), isDoubtful: backslash === 'unknown' }
      : endOfQuotes(this.#sql, open, escape)
    if (!isJoined) this.#out.literal()
    this.#endLiteral(end)
    this.#joins = escape && isSettled ? 'escape' : 'plain'
    if (!isDoubtful || isSettled || backslash === 'plain' || backslash === 'escape') {
      if (isTriple && backslash === 'unknown') this.#cut()
      return
    }
    if (backslash === 'unknown') this.#cut()
    else this.#beforeDoubt ??= this.#out.text()
  }

  #literalTo(end: number): void {
    this.#out.literal()
    this.#endLiteral(end)
    this.#joins = 'no'
  }

  #endLiteral(end: number): void {
    if (end < 0) this.#isSound = false
    this.#at = end < 0 ? this.#sql.length : end
  }

  #doubleQuoted(): void {
    const { doubleQuote } = this.#dialect
    if (doubleQuote === 'string') this.#string(this.#at, this.#escapes())
    else this.#name(doubleQuote === 'either')
  }

  /** A name in double quotes or backticks. One without an end may be a broken literal. */
  #name(isUnsure = false): void {
    const { backslash } = this.#dialect
    const { end, isDoubtful } = endOfQuotes(this.#sql, this.#at, backslash === 'escape')
    if (end < 0 || (isUnsure && !this.#isNamePlace(end))) this.#literalTo(end)
    else {
      this.#out.token(this.#sql, this.#at, end, KIND.name)
      this.#passed(end - this.#at)
    }
    if (isDoubtful && backslash === 'unknown') this.#cut()
  }

  /** Whether only a name is allowed here: next to a dot, or after a word such as FROM. */
  #isNamePlace(end: number): boolean {
    if (this.#out.last === KIND.dot) return true
    let at = end
    while (at < this.#sql.length && classOf(this.#sql.charCodeAt(at)) === CLASS.space) at++
    if (this.#sql[at] === '.' && (at === end || !isDigit(this.#sql.charCodeAt(at + 1)))) return true // ` .5` is a number
    return this.#out.last === KIND.word && this.#words.precedesName(this.#sql, this.#wordStart, this.#wordEnd)
  }

  /** ClickHouse's `‘…’` and `“…”`, which know no escapes. */
  #curlyQuoted(kind: number): void {
    if (!this.#dialect.curlyQuotes) return this.#operator()
    const end = this.#sql.indexOf(kind === CLASS.curlyQuote ? '”' : '’', this.#at) + 1
    if (kind === CLASS.curlyApostrophe || end === 0) return this.#literalTo(end || -1)
    this.#out.token(this.#sql, this.#at, end, KIND.name)
    this.#passed(end - this.#at)
  }

  #open(): void {
    const isAfterWord = this.#out.last === KIND.word
    const kind = isAfterWord ? this.#words.frameAfter(this.#sql, this.#wordStart, this.#wordEnd) : FRAME.plain
    this.#out.open(this.#sql, this.#at, kind)
    this.#passed(1)
  }

  #bracket(): void {
    const { bracket } = this.#dialect
    if (bracket === 'name') {
      const end = endOfBracketName(this.#sql, this.#at)
      if (end < 0) return this.#literalTo(end)
      this.#out.token(this.#sql, this.#at, end, KIND.name)
      return this.#passed(end - this.#at)
    }
    if (bracket === 'unknown' && this.#holdsQuotes()) return this.#cut()
    this.#out.open(this.#sql, this.#at, FRAME.list)
    this.#passed(1)
  }

  /** Whether quotes or comments stand before the next bracket: a name may hold them where an array would end them. */
  #holdsQuotes(): boolean {
    for (let at = this.#at + 1; at < this.#sql.length; at++) {
      const char = this.#sql[at] as string
      if (char === ']' || char === '[') return false
      if ('\'"`$#\\/-'.includes(char)) return true
    }
    return false
  }

  #dollar(): void {
    const sql = this.#sql
    const next = sql.charCodeAt(this.#at + 1)
    if (isDigit(next)) {
      this.#at++
      return this.#number()
    }
    const tag = this.#dialect.dollarQuote ? dollarTag(sql, this.#at) : undefined
    if (tag !== undefined) {
      const end = sql.indexOf(tag, this.#at + tag.length)
      return this.#literalTo(end < 0 ? -1 : end + tag.length)
    }
    if (isWordUnit(next)) this.#word()
    else this.#operator()
  }

  /** `:1` is a parameter, except in an array slice. */
  #colon(): void {
    const { last } = this.#out
    const isParameter = last !== KIND.literal && last !== KIND.word && last !== KIND.close && last !== KIND.name
    if (isParameter && this.#sql[this.#at - 1] !== ':' && isDigit(this.#sql.charCodeAt(this.#at + 1))) return this.#placeholder(1)
    this.#operator()
  }

  #sign(): void {
    const sql = this.#sql
    const { dashes } = this.#dialect
    if (dashes !== 'operator' && sql[this.#at] === '-' && sql[this.#at + 1] === '-') {
      const next = sql.charCodeAt(this.#at + 2)
      // MySQL does not treat spaces outside ASCII as white space.
      if (dashes === 'spaced' && next > 127 && classOf(next) === CLASS.space) return this.#cut()
      const isSpaced = Number.isNaN(next) || classOf(next) === CLASS.space
      if (dashes === 'comment' || isSpaced) return this.#lineComment('comment')
      if (dashes === 'unknown') return this.#cut()
    }
    const { last } = this.#out
    const isOfLiteral = last === KIND.word ? isSignPosition(sql.slice(this.#wordStart, this.#wordEnd)) : isPrefixPlace(last)
    if (!isOfLiteral || dashes === 'operator') return this.#operator()
    this.#out.sign(sql.charAt(this.#at))
    this.#passed(1)
  }

  #slash(): void {
    const second = this.#sql[this.#at + 1]
    if (second === '/') this.#lineComment(this.#dialect.slashes)
    else if (second === '*') this.#blockComment()
    else if (this.#dialect.regex && precedesRegex(this.#sql, this.#at)) this.#literalTo(endOfRegex(this.#sql, this.#at))
    else this.#operator()
  }

  #lineComment(meaning: 'comment' | 'operator' | 'unknown'): void {
    if (meaning === 'operator') return this.#operator()
    if (meaning === 'unknown') return this.#cut()
    const { end, isDoubtful } = endOfLine(this.#sql, this.#at)
    this.#at = end
    this.#out.space = true
    if (isDoubtful) this.#cut()
  }

  #blockComment(): void {
    const { executableComments, nested } = this.#dialect
    this.#out.space = true
    const code = executableComments ? /\/\*M?!\d*/y : undefined
    if (code) {
      code.lastIndex = this.#at
      const opening = code.exec(this.#sql)?.[0]
      if (opening) {
        this.#at += opening.length
        return
      }
    }
    const { end, isDoubtful, isClosed } = endOfBlock(this.#sql, this.#at, nested)
    const isCode = nested === 'unknown' && this.#sql[this.#at + 2] === '!'
    this.#at = end
    if (!isClosed) this.#isSound = false
    if (isDoubtful || isCode) this.#cut()
  }

  /** The end of a comment whose content is executed. */
  #star(): void {
    if (!this.#dialect.executableComments || this.#sql[this.#at + 1] !== '/') return this.#operator()
    this.#at += 2
    this.#out.space = true
  }
}
