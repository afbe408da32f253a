/** Finds the end of literals and comments in a single forward pass; -1 if the text ends first. */
import { classOf, CLASS, isWordUnit } from './characters.ts'

const BACKSLASH = 92
const NUL = 0
const LINE_FEED = 10
const CARRIAGE_RETURN = 13

export interface QuoteEnd {
  /** Index after the closing quote, or -1. */
  end: number
  /** A quote follows a backslash, so the end of the literal depends on whether backslashes escape. */
  isDoubtful: boolean
}

/** The only result object: a long list creates no garbage. */
const quoteEnd: QuoteEnd = { end: -1, isDoubtful: false }

/** The end of a quoted text that begins at `open`; a doubled quote means one quote. The result is valid until the next call. */
export function endOfQuotes(sql: string, open: number, escape: boolean): Readonly<QuoteEnd> {
  const quote = sql.charCodeAt(open)
  quoteEnd.isDoubtful = false
  for (let at = open + 1; at < sql.length; at++) {
    const unit = sql.charCodeAt(at)
    if (unit === BACKSLASH) {
      const next = sql.charCodeAt(at + 1)
      if (next === quote) quoteEnd.isDoubtful = true
      if (next === BACKSLASH || (escape && next === quote)) at++
    } else if (unit === quote) {
      if (sql.charCodeAt(at + 1) !== quote) {
        quoteEnd.end = at + 1
        return quoteEnd
      }
      at++
    } else if (unit === NUL) break
  }
  quoteEnd.end = -1
  return quoteEnd
}

/** Whether three of the same quotes begin here. */
export function isTripleQuote(sql: string, open: number): boolean {
  const quote = sql.charCodeAt(open)
  return sql.charCodeAt(open + 1) === quote && sql.charCodeAt(open + 2) === quote
}

/** The end of `'''…'''` or `"""…"""`. */
export function endOfTripleQuotes(sql: string, open: number): number {
  const quote = sql.charCodeAt(open)
  for (let at = open + 3; at < sql.length; at++) {
    const unit = sql.charCodeAt(at)
    if (unit === BACKSLASH) at++
    else if (unit === quote && sql.charCodeAt(at + 1) === quote && sql.charCodeAt(at + 2) === quote) return at + 3
  }
  return -1
}

/** The end of a name in `[…]`; `]]` means one bracket. */
export function endOfBracketName(sql: string, open: number): number {
  for (let at = sql.indexOf(']', open); at >= 0; at = sql.indexOf(']', at + 2)) if (sql[at + 1] !== ']') return at + 1
  return -1
}

/** Whether `=~` or `!~` stands before: what follows is a regular expression. */
export function precedesRegex(sql: string, at: number): boolean {
  return /[=!]~\s*$/.test(sql.slice(Math.max(0, at - 8), at))
}

/** The end of `/…/`; a backslash escapes a slash. */
export function endOfRegex(sql: string, open: number): number {
  for (let at = open + 1; at < sql.length; at++) {
    if (sql[at] === '\\') at++
    else if (sql[at] === '/') return at + 1
  }
  return -1
}

/** The tag of a dollar-quoted string that begins here, with both its dollars. */
export function dollarTag(sql: string, at: number): string | undefined {
  let end = at + 1
  while (isWordUnit(sql.charCodeAt(end)) && sql[end] !== '$') end++
  return sql[end] === '$' && classOf(sql.charCodeAt(at + 1)) !== CLASS.digit ? sql.slice(at, end + 1) : undefined
}

const CLOSERS: Readonly<Record<string, string>> = { '[': ']', '{': '}', '(': ')', '<': '>' }

/** The end of Oracle's `q'[…]'`; `quote` is the index of its first apostrophe. */
export function endOfQQuote(sql: string, quote: number): number {
  const delimiter = sql[quote + 1]
  if (delimiter === undefined) return -1
  const end = sql.indexOf(`${CLOSERS[delimiter] ?? delimiter}'`, quote + 2)
  return end < 0 ? -1 : end + 2
}

export interface CommentEnd {
  /** Index after the comment. */
  readonly end: number
  /** Databases disagree about where it ends. */
  readonly isDoubtful: boolean
  readonly isClosed: boolean
}

/** A lone carriage return ends a line in some databases only. */
export function endOfLine(sql: string, start: number): CommentEnd {
  for (let at = start; at < sql.length; at++) {
    const unit = sql.charCodeAt(at)
    if (unit === LINE_FEED) return { end: at + 1, isDoubtful: false, isClosed: true }
    if (unit === NUL) return { end: at, isDoubtful: false, isClosed: true }
    if (unit === CARRIAGE_RETURN && at + 1 < sql.length && sql.charCodeAt(at + 1) !== LINE_FEED) {
      return { end: at, isDoubtful: true, isClosed: true }
    }
  }
  return { end: sql.length, isDoubtful: false, isClosed: true }
}

/** The end of a block comment that begins at `start`; `nested` says whether comments within it count. */
export function endOfBlock(sql: string, start: number, nested: boolean | 'unknown'): CommentEnd {
  let depth = 1
  let isDoubtful = false
  for (let at = start + 2; at < sql.length; at++) {
    const unit = sql[at]
    if (unit === '*' && sql[at + 1] === '/') {
      at++
      if (--depth === 0) return { end: at + 1, isDoubtful, isClosed: true }
    } else if (unit === '/' && sql[at + 1] === '*') {
      at++
      if (nested === true) depth++
      if (nested === 'unknown') isDoubtful = true
    }
  }
  return { end: sql.length, isDoubtful, isClosed: false }
}
