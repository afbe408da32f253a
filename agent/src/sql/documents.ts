/**
 * Statements that are documents: MongoDB commands, Elasticsearch bodies. Field names are kept, each value becomes `?`, and list items equal to the
 * previous one are dropped. It reads JSON and the notations of JavaScript, Python and shells; it stops at anything else.
 */

const MAX_LENGTH = 4096
const MAX_DEPTH = 64
/** Field names. A longer or more unusual one may be data. */
const FIELD = /^[$@\w][\w$.-]{0,99}$/
const WORD = /[\w$.+@-]+/y
const CALLED = /^\.?[\w$]+(?:\.[\w$]+)*$/

export function normaliseDocument(text: string): string {
  return new DocumentScanner(text).run()
}

interface Frame {
  readonly close: string
  /** Where the current item begins in the output. */
  item: number
  /** The previous item. */
  previous: string | undefined
}

class DocumentScanner {
  readonly #text: string
  #at = 0
  #out = ''
  readonly #frames: Frame[] = []
  /** The last token was a value: words that follow belong to it. */
  #isValue = false
  #isDone = false

  constructor(text: string) {
    this.#text = text
  }

  run(): string {
    while (this.#at < this.#text.length && !this.#isDone) this.#next()
    return this.#out
  }

  #next(): void {
    const char = this.#text[this.#at] as string
    if (/\s/.test(char)) this.#at++
    else if ('{[('.includes(char)) this.#open(char)
    else if ('}])'.includes(char)) this.#close(char)
    else if (char === ',') this.#comma()
    else if (char === ':') this.#emit(':', false)
    else if ('"\'`'.includes(char)) this.#string(char)
    else if (char === '?') this.#value(1)
    else this.#word()
  }

  #emit(token: string, isValue: boolean): void {
    if (this.#out.length + token.length > MAX_LENGTH - 1) return this.#cut()
    this.#out += token
    this.#at += token.length
    this.#isValue = isValue
  }

  #cut(): void {
    this.#out += '…'
    this.#isDone = true
  }

  #value(length: number): void {
    if (!this.#isValue) {
      if (this.#out.length + 1 > MAX_LENGTH - 1) return this.#cut()
      this.#out += '?'
    }
    this.#at += length
    this.#isValue = true
  }

  #open(char: string): void {
    // A document after the first, or a word before brackets: only calls of the outermost level are understood.
    if ((this.#isValue && char !== '(') || this.#frames.length >= MAX_DEPTH || (this.#frames.length === 0 && this.#out.endsWith('}')))
      return this.#cut()
    if (this.#isValue) return this.#skipArguments()
    this.#emit(char, false)
    this.#frames.push({ close: char === '{' ? '}' : char === '[' ? ']' : ')', item: this.#out.length, previous: undefined })
  }

  #close(char: string): void {
    const frame = this.#frames.pop()
    if (frame?.close !== char) return this.#cut()
    if (char === ']') this.#fold(frame)
    this.#emit(char, false)
    this.#isValue = this.#frames.length > 0
  }

  #comma(): void {
    const frame = this.#frames.at(-1)
    if (frame?.close === ']') {
      this.#fold(frame)
      frame.previous = this.#out.slice(frame.item)
    }
    this.#emit(',', false)
    if (frame) frame.item = this.#out.length
  }

  /** Drops an item equal to the previous one, with its comma. */
  #fold(frame: Frame): void {
    if (frame.previous === undefined || this.#out.slice(frame.item) !== frame.previous) return
    this.#out = this.#out.slice(0, frame.item - 1)
    frame.item -= frame.previous.length + 1
  }

  #string(quote: string): void {
    let end = this.#at + 1
    while (end < this.#text.length && this.#text[end] !== quote) end += this.#text[end] === '\\' ? 2 : 1
    if (end >= this.#text.length) return this.#value(this.#text.length)
    const content = this.#text.slice(this.#at + 1, end)
    if (!this.#isKey(end + 1)) this.#value(end + 1 - this.#at)
    else if (FIELD.test(content)) this.#emit(this.#text.slice(this.#at, end + 1), false)
    else this.#value(end + 1 - this.#at)
  }

  #word(): void {
    WORD.lastIndex = this.#at
    const word = WORD.exec(this.#text)?.[0]
    if (word === undefined) return this.#cut()
    const end = this.#at + word.length
    const isCall = this.#frames.length === 0 && this.#text[end] === '(' && CALLED.test(word)
    if (isCall || (this.#isKey(end) && FIELD.test(word))) this.#emit(word, false)
    else this.#value(word.length)
  }

  /** Whether a field name ends here. */
  #isKey(end: number): boolean {
    if (this.#frames.at(-1)?.close !== '}' || this.#isValue) return false
    let at = end
    while (at < this.#text.length && /\s/.test(this.#text[at] as string)) at++
    return this.#text[at] === ':' && /[{,]$/.test(this.#out)
  }

  /** The arguments of `ObjectId('…')` and the like are part of the value. */
  #skipArguments(): void {
    let depth = 0
    let quote = ''
    for (; this.#at < this.#text.length; this.#at++) {
      const char = this.#text[this.#at] as string
      if (quote !== '') {
        if (char === '\\') this.#at++
        else if (char === quote) quote = ''
      } else if ('"\'`'.includes(char)) quote = char
      else if (char === '(') depth++
      else if (char === ')' && --depth === 0) {
        this.#at++
        return
      }
    }
  }
}
