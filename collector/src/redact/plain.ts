/**
 * Recognises what needs no redaction: keys without a rule, and texts in which no secret can begin or none was found before. Most of what
 * arrives is plain, so this is nearly the whole cost of redaction.
 */
import { CleanValues } from './clean-values.ts'
import { KeyTable, RULE, type Rule } from './key-rules.ts'
import { MAX_TEXT_LENGTH } from './redactor.ts'
import { isSuspicious } from './suspicion.ts'

/** Tags of AnyValue's fields. */
export const ANY = { string: 10, bool: 16, int: 24, double: 33, array: 42, map: 50, bytes: 58 } as const
/** Lowest number of 13 digits; a card number has 13 to 19, of which those above 16 are looked for in texts alone. */
export const MIN_CARD = 1e12
/** A number of 12 digits with its tag. */
const MAX_PLAIN_NUMBER = 6
const DOUBLE_BYTES = 9
const NO_BYTES = Buffer.alloc(0)

export class Plain {
  readonly keys = new KeyTable()
  /** Texts that were searched and contain no secret. */
  readonly texts = new CleanValues()
  /** The same for names of spans. */
  readonly names = new CleanValues()
  #buf: Buffer = NO_BYTES
  /** The same bytes, for reading several at once. */
  #view: DataView = new DataView(NO_BYTES.buffer, 0, 0)

  get view(): DataView {
    return this.#view
  }

  get bytes(): Buffer {
    return this.#buf
  }

  /** Positions are those of `bytes` from now on. */
  read(bytes: Buffer): void {
    this.#buf = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  isKey(start: number, end: number): boolean {
    return this.ruleOf(start, end) === RULE.text
  }

  /** The rule for the value of a key; undefined if the key itself has a secret in it. */
  ruleOf(start: number, end: number): Rule | undefined {
    const { rule, safe } = this.keys.of(this.#view, start, end)
    return safe === undefined ? rule : undefined
  }

  isText(start: number, end: number): boolean {
    return end - start <= MAX_TEXT_LENGTH && (!isSuspicious(this.#buf, start, end) || this.texts.has(this.#view, start, end))
  }

  isName(start: number, end: number): boolean {
    return this.names.has(this.#view, start, end)
  }

  /** An AnyValue that is a text, a number or a boolean. */
  isValue(start: number, end: number): boolean {
    const tag = this.#buf[start]
    if (tag === ANY.string) {
      const text = afterLength(this.#buf, start + 1, end)
      return text >= 0 && this.isText(text, end)
    }
    return this.isNumber(start, end)
  }

  /** An AnyValue that is a number or a boolean. */
  isNumber(start: number, end: number): boolean {
    const tag = this.#buf[start]
    if (tag === ANY.int || tag === ANY.bool) return end - start <= MAX_PLAIN_NUMBER
    return tag === ANY.double && end - start === DOUBLE_BYTES && !(this.#view.getFloat64(start + 1, true) >= MIN_CARD)
  }
}

/** Index after a length that spans exactly what is left up to `end`; -1 for any other. */
export function afterLength(buf: Buffer, at: number, end: number): number {
  const low = buf[at] as number
  if (low < 128) return at + 1 + low === end ? at + 1 : -1
  const high = buf[at + 1] as number
  return high < 128 && at + 2 + (low & 127) + high * 128 === end ? at + 2 : -1
}
