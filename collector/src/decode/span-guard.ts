/**
 * Redaction of spans while they are decoded. The decoder finds every key and text anyway, so it asks here whether each is plain. If one is not, the
 * span is rolled back, redacted as bytes and decoded again: the walk over the places of a span decides what is a secret, this only when it runs.
 */
import type { DictionaryColumn } from '../native/columns.ts'
import { IN_A_DIALECT, messagePlaces, type OtlpRedactor, type Rule, RULE } from '../redact/index.ts'
import type { Found } from './found.ts'
import { limits } from './limits.ts'
import type { ProtoReader } from './proto-reader.ts'

/** Note beside the entry of a dictionary that may be in it: the name is plain, and for a key also the rule for its value, RULE.text being 0. */
export const PLAIN = 1
/** Rules whose texts can be replaced here. Other values are found by the walk. */
const HERE: ReadonlySet<Rule> = new Set([
  RULE.text,
  RULE.secret,
  RULE.secretText,
  RULE.statement,
  RULE.summary,
  RULE.system,
  RULE.url,
  RULE.query,
  RULE.commandLine,
  RULE.document,
])
const TEXT_TAG = 10
/** Spans that are redacted before they are decoded, after one that was found not to be plain too late. */
const MAX_PENALTY = 64
const ROOM_BYTES = 65_536
/** Of a text within a request. */
const MAX_LENGTH_BYTES = 5

export class SpanGuard {
  /** Whether what is read has to be plain. */
  isOn = false
  /** Something was not. */
  isHit = false
  isExcepted = false
  readonly #redactor: OtlpRedactor
  readonly #reader: ProtoReader
  #penalty = 1
  #walks = 0
  /** Texts replaced in the present span. */
  #replaced = 0
  /** The database that the present span names; empty as long as it names none. */
  #system = ''
  /** Bytes in use of the reader's buffer once it is our own: the request, and behind it spans without their secrets. */
  #used = 0

  constructor(redactor: OtlpRedactor, reader: ProtoReader) {
    this.#redactor = redactor
    this.#reader = reader
  }

  /** A request that the reader reads from now on. */
  begin(body: Buffer): void {
    this.#reader.buf = body
    this.#redactor.read(body)
    this.#used = 0
  }

  end(): void {
    this.#redactor.release()
  }

  /** The Resource message between the reader's position and `end`, or none: excepted services are stored as they were sent. */
  beginResource(end = this.#reader.pos): void {
    this.isExcepted = this.#redactor.isOfExcepted(this.#reader.buf, this.#reader.pos, end)
  }

  /** Whether the next span is worth the attempt: after some that were not plain, few are. */
  attempt(): boolean {
    if (this.#walks > 0) {
      this.#walks--
      return false
    }
    this.isOn = true
    this.#replaced = 0
    this.#system = ''
    return true
  }

  /** Whether the attempt has succeeded. */
  settle(): boolean {
    const isPlain = !this.isHit
    this.isOn = this.isHit = false
    if (isPlain) {
      this.#redactor.redactor.redacted += this.#replaced
      this.#penalty = Math.max(1, this.#penalty >> 1)
    } else {
      this.#walks = this.#penalty
      this.#penalty = Math.min(MAX_PENALTY, this.#penalty * 2)
    }
    return isPlain
  }

  /** Takes the secrets out of the message between `start` and `end`. Places the reader at its beginning, and gives its end. */
  redact(start: number, end: number, what: keyof typeof messagePlaces): number {
    const reader = this.#reader
    reader.pos = start
    if (this.isExcepted) return end
    const redacted = this.#redactor.part(reader.buf, start, end, messagePlaces[what])
    reader.pos = redacted ? this.#append(redacted) : start
    return redacted ? reader.pos + redacted.length : end
  }

  /** Index of a key in its dictionary, whose note is its rule; -1 if the key has a secret in it, or its value needs the walk. */
  key(keys: DictionaryColumn, start: number, end: number): number {
    const { buf } = this.#reader
    const index = keys.find(buf, start, end)
    if (index !== -1 && keys.notes[index] !== 0) return index
    const rule = end - start <= limits.nameBytes ? this.#redactor.plain.ruleOf(start, end) : undefined
    return rule !== undefined && HERE.has(rule) ? noted(keys, buf, start, end, PLAIN + rule) : this.hit()
  }

  /**
   * What takes the place of a text; undefined: it stays as it is, or is a hit. `note` is that of its key. A statement is read by the rules of the
   * database that its span has named before it.
   */
  replacement(note: number, start: number, end: number, isOfSpan: boolean): Buffer | undefined {
    const rule = (note - PLAIN) as Rule
    if (rule === RULE.system) this.#nameSystem(start, end, isOfSpan)
    else if (IN_A_DIALECT.has(rule) && (!isOfSpan || this.#system === '')) this.hit()
    else {
      const safe = this.#redactor.texts.replacement(rule, start, end, this.#system)
      if (safe) this.#replaced++
      return safe
    }
    return undefined
  }

  /** The first one counts, as for the walk. */
  #nameSystem(start: number, end: number, isOfSpan: boolean): void {
    if (isOfSpan) this.#system ||= this.#reader.buf.toString('utf8', start, end)
  }

  /** Puts an AnyValue with this text behind the request, since values of a span are looked up by their position later. */
  place(text: Buffer, found: Found, index: number): void {
    const at = this.#room(text.length + MAX_LENGTH_BYTES + 1)
    const { buf } = this.#reader
    buf[at] = TEXT_TAG
    const start = writeVarint(buf, at + 1, text.length)
    buf.set(text, start)
    this.#used = start + text.length
    found.note(index, at, this.#used)
  }

  /** Whether a value that is no text needs no change by the rule of its key. */
  isNumber(note: number, start: number, end: number): boolean {
    const needsNone = note - PLAIN !== RULE.secret && this.#redactor.plain.isNumber(start, end)
    if (!needsNone) this.isHit = true
    return needsNone
  }

  /** Index of a span's name, as {@link key}. Whether it may be shown depends on the statement beside it, so it must have been shown before. */
  name(names: DictionaryColumn, start: number, end: number): number {
    const { buf } = this.#reader
    const index = names.find(buf, start, end)
    if (index !== -1 && names.notes[index] === PLAIN) return index
    return end - start <= limits.nameBytes && this.#redactor.plain.isName(start, end) ? noted(names, buf, start, end, PLAIN) : this.hit()
  }

  text(start: number, end: number): void {
    if (start !== end && !this.#redactor.plain.isText(start, end)) this.isHit = true
  }

  /** Something is not plain. Gives -1, the index of nothing. */
  hit(): number {
    this.isHit = true
    return -1
  }

  #append(bytes: Buffer): number {
    const at = this.#room(bytes.length)
    this.#reader.buf.set(bytes, at)
    this.#used += bytes.length
    return at
  }

  /** Where as many bytes may be written. */
  #room(bytes: number): number {
    const { buf } = this.#reader
    if (this.#used === 0) this.#grow(buf.length, bytes)
    else if (this.#used + bytes > buf.length) this.#grow(this.#used, bytes)
    return this.#used
  }

  /** A buffer of our own that begins as the present one does. */
  #grow(used: number, more: number): void {
    const grown = Buffer.allocUnsafe(used + Math.max(used >> 1, more) + ROOM_BYTES)
    this.#reader.buf.copy(grown, 0, 0, used)
    this.#reader.buf = grown
    this.#redactor.read(grown)
    this.#used = used
  }
}

/** Gives where it ends. */
function writeVarint(buf: Buffer, at: number, value: number): number {
  let [end, rest] = [at, value]
  while (rest > 127) {
    buf[end++] = (rest & 127) | 128
    rest >>>= 7
  }
  buf[end++] = rest
  return end
}

function noted(dictionary: DictionaryColumn, buf: Buffer, ...[start, end, note]: readonly [number, number, number]): number {
  const index = dictionary.key(buf, start, end)
  dictionary.notes[index] = note
  return index
}
