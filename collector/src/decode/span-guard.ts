/**
 * Redaction of spans while they are decoded. The decoder finds every key and text anyway, so it asks here whether each is plain. If one is not, the
 * span is rolled back, redacted as bytes and decoded again: the walk over the places of a span decides what is a secret, this only when it runs.
 */
import type { DictionaryColumn } from '../native/columns.ts'
import { messagePlaces, type OtlpRedactor } from '../redact/index.ts'
import { limits } from './limits.ts'
import type { ProtoReader } from './proto-reader.ts'

/** Note beside the entry of a dictionary: it is plain. */
const PLAIN = 1
/** Spans that are redacted before they are decoded, after one that was found not to be plain too late. */
const MAX_PENALTY = 64
const ROOM_BYTES = 65_536

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
  /** Bytes in use of the reader's buffer once it is our own: the request, and behind it spans without their secrets. */
  #used = 0

  constructor(redactor: OtlpRedactor, reader: ProtoReader) {
    this.#redactor = redactor
    this.#reader = reader
  }

  /** A request that the reader reads from now on. */
  begin(body: Buffer): void {
    this.#reader.buf = body
    this.#redactor.plain.read(body)
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
    return true
  }

  /** Whether the attempt has succeeded. */
  settle(): boolean {
    const isPlain = !this.isHit
    this.isOn = this.isHit = false
    if (isPlain) this.#penalty = Math.max(1, this.#penalty >> 1)
    else {
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

  /** Index of a key in its dictionary; -1 if it is not plain. What is not plain never gets into the dictionary. */
  key(keys: DictionaryColumn, start: number, end: number): number {
    const { buf } = this.#reader
    const index = keys.find(buf, start, end)
    if (index >= 0 && keys.notes[index] === PLAIN) return index
    return end - start <= limits.nameBytes && this.#redactor.plain.isKey(start, end) ? noted(keys, buf, start, end) : this.hit()
  }

  /** Index of a span's name, as {@link key}. Whether it may be shown depends on the statement beside it, so it must have been shown before. */
  name(names: DictionaryColumn, start: number, end: number): number {
    const { buf } = this.#reader
    const index = names.find(buf, start, end)
    if (index >= 0 && names.notes[index] === PLAIN) return index
    return end - start <= limits.nameBytes && this.#redactor.plain.isName(start, end) ? noted(names, buf, start, end) : this.hit()
  }

  text(start: number, end: number): void {
    if (start !== end) this.isText(start, end)
  }

  isText(start: number, end: number): boolean {
    return this.#redactor.plain.isText(start, end) || this.hit() >= 0
  }

  /** Whether an AnyValue is a number or a boolean, and plain. */
  isNumber(start: number, end: number): boolean {
    return this.#redactor.plain.isNumber(start, end) || this.hit() >= 0
  }

  /** Something is not plain. Gives -1. */
  hit(): number {
    this.isHit = true
    return -1
  }

  #append(bytes: Buffer): number {
    const { buf } = this.#reader
    if (this.#used === 0) this.#grow(buf.length, bytes.length)
    else if (this.#used + bytes.length > buf.length) this.#grow(this.#used, bytes.length)
    const at = this.#used
    this.#reader.buf.set(bytes, at)
    this.#used += bytes.length
    return at
  }

  /** A buffer of our own that begins as the present one does. */
  #grow(used: number, more: number): void {
    const grown = Buffer.allocUnsafe(used + Math.max(used >> 1, more) + ROOM_BYTES)
    this.#reader.buf.copy(grown, 0, 0, used)
    this.#reader.buf = grown
    this.#redactor.plain.read(grown)
    this.#used = used
  }
}

function noted(dictionary: DictionaryColumn, buf: Buffer, start: number, end: number): number {
  const index = dictionary.key(buf, start, end)
  dictionary.notes[index] = PLAIN
  return index
}
