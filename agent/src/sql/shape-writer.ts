/**
 * Writes the normalised text token by token, with uniform spacing and with lists and rows folded, at most
 * {@link MAX_NORMALISED_LENGTH} characters. It works on code units in one buffer, so that removing a list item again costs nothing.
 */
import { ELLIPSIS } from './characters.ts'

export const MAX_NORMALISED_LENGTH = 4096

/** What the last token was; decides what a sign, a bracket or a quoted text after it means. */
export const KIND = { none: 0, word: 1, name: 2, literal: 3, operator: 4, open: 5, close: 6, comma: 7, dot: 8, semicolon: 9 } as const

/** `list`: items equal to the previous one are folded. `row`: the rows that follow are omitted. */
export const FRAME = { plain: 0, list: 1, row: 2 } as const

/** Further consecutive signs are omitted. */
const MAX_SIGNS = 16

const ROWS = { none: 0, afterRow: 1, afterComma: 2, skipping: 3 } as const

const SPACE = 32
const OPEN = 40
const CLOSE = 41
const PLUS = 43
const COMMA = 44
const DASH = 45
const OPEN_BRACKET = 91
const CLOSE_BRACKET = 93
const SEMICOLON = 59

interface Frame {
  kind: number
  /** Where the current item begins in the buffer. */
  item: number
  /** Start and end of the previous item. */
  previous: number
  previousEnd: number
}

export class ShapeWriter {
  /** Kind of the last token, also of one that was folded away. */
  last: number = KIND.none
  /** Whether the source has white space or a comment before the next token. */
  space = false
  isFull = false
  readonly #units = new Uint16Array(MAX_NORMALISED_LENGTH)
  /** The same with one byte per code unit, for texts without wider ones. */
  readonly #bytes = Buffer.alloc(MAX_NORMALISED_LENGTH)
  #widest = 0
  #length = 0
  /** Open brackets, `#depth` of them; the objects are reused. */
  readonly #frames: Frame[] = []
  #depth = 0
  #rows: number = ROWS.none
  #skipDepth = 0
  /** Signs not written yet, and whether there was white space before them. */
  #signs = ''
  #signSpace = false
  #semicolon = false
  /** More brackets closed than were opened. */
  #isUnbalanced = false

  reset(): void {
    this.last = KIND.none
    this.space = this.isFull = this.#semicolon = this.#isUnbalanced = false
    this.#length = this.#skipDepth = this.#widest = 0
    this.#depth = 0
    this.#rows = ROWS.none
    this.#signs = ''
  }

  get isEmpty(): boolean {
    return this.#length === 0
  }

  get isBalanced(): boolean {
    return !this.#isUnbalanced && this.#depth === 0 && this.#rows !== ROWS.skipping
  }

  text(): string {
    if (this.#widest < 256) return this.#bytes.toString('latin1', 0, this.#length)
    return Buffer.from(this.#units.buffer, 0, this.#length * 2).toString('utf16le')
  }

  /** A word or another token as written in the source. */
  token(source: string, start: number, end: number, kind: number): void {
    if (this.#rows === ROWS.afterComma && kind === KIND.word && isRow(source, start, end)) return // VALUES ROW(…), ROW(…)
    if (!this.#admits(kind)) return
    this.#flushSigns()
    this.#put(source, start, end)
    this.last = kind
  }

  /** A literal or a placeholder. A sign before it is part of it. */
  literal(): void {
    if (this.#signs !== '') {
      this.#signs = ''
      this.space ||= this.#signSpace
    }
    if (!this.#admits(KIND.literal)) return
    this.#put('?', 0, 1)
    this.last = KIND.literal
  }

  /** A sign that may belong to the literal after it. */
  sign(char: string): void {
    if (this.#rows === ROWS.skipping) return
    if (this.#signs === '') this.#signSpace = this.space
    this.space = false
    if (this.#signs.length < MAX_SIGNS) this.#signs += char
    this.last = KIND.operator
  }

  open(source: string, at: number, kind: number): void {
    if (this.#rows === ROWS.skipping && source[at] === '(') this.#skipDepth++
    if (this.#rows === ROWS.afterRow || this.#rows === ROWS.afterComma) {
      if (source[at] === '(') {
        this.#rows = ROWS.skipping
        this.#skipDepth = 1
      }
    }
    if (!this.#admits(KIND.open)) return
    this.#flushSigns()
    this.#put(source, at, at + 1)
    const frame = (this.#frames[this.#depth++] ??= { kind, item: 0, previous: -1, previousEnd: -1 })
    frame.kind = kind
    frame.item = this.#length
    frame.previous = frame.previousEnd = -1
    this.last = KIND.open
  }

  close(source: string, at: number): void {
    if (this.#rows === ROWS.skipping && source[at] === ')' && --this.#skipDepth === 0) {
      this.#rows = ROWS.afterRow
      this.last = KIND.close
      return
    }
    if (!this.#admits(KIND.close)) return
    this.#flushSigns()
    const frame = this.#depth > 0 ? this.#frames[--this.#depth] : undefined
    if (!frame) this.#isUnbalanced = true
    else if (frame.kind === FRAME.list) this.#foldItem(frame)
    this.space = false
    this.#put(source, at, at + 1)
    this.last = KIND.close
    if (frame?.kind === FRAME.row) this.#rows = ROWS.afterRow
  }

  comma(): void {
    if (this.#rows === ROWS.afterRow) {
      this.#rows = ROWS.afterComma
      this.last = KIND.comma
      return
    }
    if (!this.#admits(KIND.comma)) return
    this.#flushSigns()
    const frame = this.#depth > 0 ? this.#frames[this.#depth - 1] : undefined
    if (frame?.kind === FRAME.list) {
      this.#foldItem(frame)
      frame.previous = frame.item
      frame.previousEnd = this.#length
      frame.item = this.#length + 2
    }
    this.space = false
    this.#put(',', 0, 1)
    this.last = KIND.comma
  }

  /** Written when something follows it. */
  semicolon(): void {
    if (this.#rows === ROWS.skipping) return
    this.#rows = ROWS.none
    this.#signs = ''
    this.#semicolon = this.#length > 0
    this.last = KIND.semicolon
  }

  /** To be called at the end of the source: a trailing sign is dropped. */
  finish(): void {
    this.#signs = ''
  }

  /** Ends the text with the omission sign and removes separators before it. */
  cut(): void {
    if (this.isFull) return
    while (this.#length > 0 && isJoint(this.#units[this.#length - 1] as number)) this.#length--
    this.#unit(ELLIPSIS)
    this.isFull = true
  }

  /** Drops an item equal to the previous one, with the comma between them. */
  #foldItem(frame: Frame): void {
    const length = this.#length - frame.item
    if (frame.previous < 0 || length !== frame.previousEnd - frame.previous) return
    for (let i = 0; i < length; i++) if (this.#units[frame.previous + i] !== this.#units[frame.item + i]) return
    this.#length = frame.previousEnd
    frame.item = frame.previous
  }

  /** Whether a token is written; tokens inside omitted rows are not. */
  #admits(kind: number): boolean {
    if (this.isFull) return false
    if (this.#rows === ROWS.skipping) {
      this.last = kind
      this.space = false
      return false
    }
    if (this.#rows === ROWS.afterComma) {
      this.#rows = ROWS.none
      const { space } = this
      this.space = false
      this.#put(',', 0, 1)
      this.space = space
    }
    this.#rows = ROWS.none
    return !this.isFull
  }

  #flushSigns(): void {
    const signs = this.#signs
    if (signs === '') return
    this.#signs = ''
    const { space } = this
    this.space = this.#signSpace
    for (let i = 0; i < signs.length && !this.isFull; i++) this.#put(signs, i, i + 1)
    this.space = space
  }

  /**
   * One space where there was any, none inside brackets or before a comma, always one after a comma. Two dashes never meet, since they
   * would be a comment, nor does a bracket meet a name in brackets, since it would belong to the name.
   */
  #put(source: string, start: number, end: number): void {
    const first = source.charCodeAt(start)
    const isSpaced =
      this.#semicolon ||
      (first === CLOSE_BRACKET ? this.#followsName(first) : this.#wantsSpace(first) && first !== COMMA && first !== CLOSE)
    this.space = false
    if (this.#length + end - start + 2 > MAX_NORMALISED_LENGTH - 1) {
      this.cut()
      return
    }
    if (this.#semicolon) this.#unit(SEMICOLON)
    this.#semicolon = false
    if (isSpaced) this.#unit(SPACE)
    for (let at = start; at < end; at++) this.#unit(source.charCodeAt(at))
  }

  #wantsSpace(first: number): boolean {
    if (this.#length === 0) return false
    const last = this.#units[this.#length - 1] as number
    return last === COMMA || (last === DASH && first === DASH) || (this.space && last !== OPEN && last !== OPEN_BRACKET && last !== SPACE)
  }

  #followsName(end: number): boolean {
    return this.last === KIND.name && this.#units[this.#length - 1] === end
  }

  #unit(unit: number): void {
    this.#units[this.#length] = unit
    this.#bytes[this.#length++] = unit
    this.#widest |= unit
  }
}

const isRow = (source: string, start: number, end: number): boolean => end - start === 3 && /^row$/i.test(source.slice(start, end))

/** Space, comma, semicolon and signs. */
function isJoint(unit: number): boolean {
  return unit === SPACE || unit === COMMA || unit === SEMICOLON || unit === DASH || unit === PLUS
}
