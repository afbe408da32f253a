/**
 * Redacts OTLP in protobuf form, in one place for every field of all signals. It walks
 * the bytes; whatever needs no change is neither copied nor converted to text. It never throws: a message that cannot be read is rejected by
 * the decoder, and the walk continues after it.
 */
import { isSecretName, REDACTED, redactRawList } from '@spyglass/agent/redact'
import { type KnownKey, type Rule, RULE } from './key-rules.ts'
import { PLACE, type Places, RESOURCE_ATTRIBUTE_TAG, RESOURCE_TAG, resourcePlaces } from './otlp-places.ts'
import { Patches, varint } from './patches.ts'
import { afterLength, ANY, MIN_CARD, Plain } from './plain.ts'
import { MAX_TEXT_LENGTH, type Redactor } from './redactor.ts'
import { IN_A_DIALECT, SafeTexts } from './safe-texts.ts'
import { isSuspicious } from './suspicion.ts'
import { Wire } from './wire.ts'

export type RedactedSignal = keyof typeof resourcePlaces

const REQUEST_TAG = 10
const KEY_TAG = 10
const VALUE_TAG = 18
const ITEM_TAG = 10
const MAX_NAME_LENGTH = 256
const NO_BYTES = Buffer.alloc(0)
const REDACTED_VALUE = stringValue(REDACTED)

/** What is known of a value whose name, beside it, says that it is a secret. */
const SECRET: KnownKey = { bytes: new DataView(new ArrayBuffer(0)), rule: RULE.secret, safe: undefined, next: undefined }

/** AnyValue's `stringValue`. */
function stringValue(text: string): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([Buffer.from([ANY.string]), varint(bytes.length), bytes])
}

export class OtlpRedactor {
  readonly redactor: Redactor
  readonly plain = new Plain()
  readonly texts: SafeTexts
  readonly #patches = new Patches()
  readonly #wire = new Wire()
  #buf: Buffer = NO_BYTES
  /** The message whose attributes are read: it names the database of a statement. */
  #messageStart = 0
  #messageEnd = 0

  constructor(redactor: Redactor) {
    this.redactor = redactor
    this.texts = new SafeTexts(redactor, this.plain)
  }

  /** The request without secrets; the same bytes if there were none. */
  redact(body: Buffer, signal: RedactedSignal): Buffer {
    const wire = this.#wire
    this.#begin(body)
    for (let pos = 0; pos < body.length; pos = wire.end) {
      if (!wire.field(pos, body.length)) break
      if (wire.tag === REQUEST_TAG) this.#resource(wire.start, wire.end, resourcePlaces[signal])
    }
    const redacted = this.#patches.apply(body)
    this.release()
    return redacted
  }

  /** The message between `start` and `end` without secrets; undefined if there were none. */
  part(buf: Buffer, start: number, end: number, places: Places): Buffer | undefined {
    this.#begin(buf)
    this.#message(-1, start, end, places) // its length is the caller's to change
    return this.#patches.applyWithin(buf, start, end)
  }

  /** Whether a Resource message is of a service whose telemetry is stored as it was sent. */
  isOfExcepted(buf: Buffer, start: number, end: number): boolean {
    if (!this.redactor.hasExceptions) return false
    this.#begin(buf)
    return this.redactor.isExcepted(this.#textBeside(start, end, ['service.name'], RESOURCE_ATTRIBUTE_TAG))
  }

  /** Keeps no request alive. */
  release(): void {
    this.#begin(NO_BYTES)
  }

  /** Positions are those of `buf` from now on. */
  read(buf: Buffer): void {
    this.#buf = this.#wire.buf = buf
    this.plain.read(buf)
  }

  #begin(buf: Buffer): void {
    this.read(buf)
    this.#patches.reset()
  }

  #resource(start: number, end: number, places: Places): void {
    const { lengthAt } = this.#wire
    if (!this.redactor.hasExceptions || !this.redactor.isExcepted(this.#serviceOf(start, end))) this.#message(lengthAt, start, end, places)
    this.#wire.end = end
  }

  /** `service.name` of a Resource… message. */
  #serviceOf(start: number, end: number): string {
    const wire = this.#wire
    let service = ''
    for (let pos = start; pos < end && wire.field(pos, end); pos = wire.end) {
      if (wire.tag === RESOURCE_TAG) {
        const after = wire.end
        service = this.#textBeside(wire.start, wire.end, ['service.name'], RESOURCE_ATTRIBUTE_TAG) || service
        wire.end = after
      }
    }
    return service
  }

  /** Walks a message; afterwards the wire's field ends where the message does. */
  #message(lengthAt: number, start: number, end: number, places: Places): void {
    const wire = this.#wire
    if (!this.#patches.enter(lengthAt, start, end)) {
      wire.end = end
      return
    }
    const outerStart = this.#messageStart
    const outerEnd = this.#messageEnd
    for (let pos = this.#passPlain(start, end, places); pos < end && wire.field(pos, end); pos = this.#passPlain(wire.end, end, places)) {
      const place = places[wire.tag]
      if (place === undefined) continue
      this.#messageStart = start
      this.#messageEnd = end
      if (place.kind === PLACE.attribute) this.#attribute(wire.lengthAt, wire.start, wire.end)
      else if (place.kind === PLACE.message) this.#message(wire.lengthAt, wire.start, wire.end, place.within as Places)
      else if (place.kind === PLACE.value) this.#value(wire.lengthAt, wire.start, wire.end, undefined)
      else if (place.kind === PLACE.spanName) this.#spanName(wire.lengthAt, wire.start, wire.end)
      else this.#text(wire.lengthAt, wire.start, wire.end)
    }
    this.#messageStart = outerStart
    this.#messageEnd = outerEnd
    this.#patches.leave()
    wire.end = end
  }

  /** Skips fields of at most 127 bytes that hold no text, and attributes without anything to redact. */
  #passPlain(start: number, end: number, places: Places): number {
    const buf = this.#buf
    let pos = start
    for (;;) {
      const tag = buf[pos] as number
      const type = tag & 7
      const next = type === 1 ? pos + 9 : pos + 2 + (type === 2 ? (buf[pos + 1] as number) : 0)
      // if a field begins with the last byte, its length is undefined and `next` is NaN, so it is not a field of the message
      if (tag > 127 || type > 2 || !(next <= end) || (type !== 1 && (buf[pos + 1] as number) > 127)) return pos
      const place = places[tag]
      if (place !== undefined) {
        const isPlain =
          place.kind === PLACE.attribute ? this.#isPlain(pos + 2, next) : place.kind === PLACE.spanName && this.plain.isName(pos + 2, next)
        if (!isPlain) return pos
      }
      pos = next
      if (pos >= end) return pos
    }
  }

  /** Whether an attribute in the usual order of fields has nothing to redact: most need no walk. */
  #isPlain(start: number, end: number): boolean {
    const buf = this.#buf
    const keyEnd = start + 2 + (buf[start + 1] as number)
    if (buf[start] !== KEY_TAG || (buf[start + 1] as number) > 127 || keyEnd + 2 >= end || buf[keyEnd] !== VALUE_TAG) return false
    const value = afterLength(buf, keyEnd + 1, end)
    return value >= 0 && this.plain.isKey(start + 2, keyEnd) && this.plain.isValue(value, end)
  }

  /** A KeyValue. The last of repeated fields counts, as in the decoder. */
  #attribute(lengthAt: number, start: number, end: number, isNamedSecret = false): void {
    const wire = this.#wire
    let keyAt = start
    let keyStart = start
    let keyEnd = start
    let valueAt = -1
    let valueStart = -1
    let valueEnd = -1
    for (let pos = start; pos < end && wire.field(pos, end); pos = wire.end) {
      if (wire.tag === KEY_TAG) {
        keyAt = wire.lengthAt
        keyStart = wire.start
        keyEnd = wire.end
      } else if (wire.tag === VALUE_TAG) {
        valueAt = wire.lengthAt
        valueStart = wire.start
        valueEnd = wire.end
      }
    }
    const known = this.plain.keys.of(this.plain.view, keyStart, keyEnd)
    if ((valueEnd > valueStart || known.safe !== undefined) && this.#patches.enter(lengthAt, start, end)) {
      if (known.safe !== undefined) this.#replaceText(keyAt, keyStart, keyEnd, known.safe)
      const isSecret = isNamedSecret && VALUE_FIELDS.test(this.#buf.toString('latin1', keyStart, keyEnd))
      if (valueEnd > valueStart) this.#value(valueAt, valueStart, valueEnd, isSecret ? { ...known, rule: RULE.secret } : known)
      this.#patches.leave()
    }
    wire.end = end
  }

  /** An AnyValue, with what is known of its key. */
  #value(lengthAt: number, start: number, end: number, known: KnownKey | undefined): void {
    const wire = this.#wire
    const rule = known?.rule ?? RULE.text
    if (rule === RULE.secret || rule === RULE.secretText) this.#secretValue(lengthAt, start, end, rule === RULE.secret)
    else if (AS_TEXT.has(rule) && this.#isMapOrBytes(start, end)) this.#secretValue(lengthAt, start, end, false)
    else if (this.#patches.enter(lengthAt, start, end)) {
      for (let pos = start; pos < end && wire.field(pos, end); pos = wire.end) this.#valueField(known)
      this.#patches.leave()
    }
    wire.end = end
  }

  #isMapOrBytes(start: number, end: number): boolean {
    const wire = this.#wire
    return wire.field(start, end) && (wire.tag === ANY.map || wire.tag === ANY.bytes)
  }

  #secretValue(lengthAt: number, start: number, end: number, isAny: boolean): void {
    const wire = this.#wire
    if (!wire.field(start, end)) return
    const { tag } = wire
    const isNumber = tag === ANY.bool || tag === ANY.int || tag === ANY.double
    const isEmpty = tag === ANY.string && wire.start === wire.end
    const isDone = end - start === REDACTED_VALUE.length && this.#buf.compare(REDACTED_VALUE, 0, REDACTED_VALUE.length, start, end) === 0
    if (isEmpty || isDone || (isNumber && (!isAny || tag === ANY.bool))) return
    this.redactor.redacted++
    this.#patches.replace(lengthAt, start, end, REDACTED_VALUE)
  }

  #valueField(known: KnownKey | undefined): void {
    const wire = this.#wire
    const fieldAt = wire.lengthAt
    const fieldStart = wire.start
    const fieldEnd = wire.end
    switch (wire.tag) {
      case ANY.string:
        this.#string(fieldAt, fieldStart, fieldEnd, known)
        break
      case ANY.array:
        if (known !== undefined && IN_TURN.has(known.rule) && this.#isOfTexts(fieldStart, fieldEnd))
          this.#sequence(fieldAt, fieldStart, fieldEnd, known.rule === RULE.rawList)
        else this.#items(fieldAt, fieldStart, fieldEnd, known)
        break
      case ANY.map:
        this.#entries(fieldAt, fieldStart, fieldEnd)
        break
      case ANY.bytes:
        this.#bytes(fieldAt, fieldStart, fieldEnd)
        break
      case ANY.int:
      case ANY.double:
        this.#number()
        break
      default: // a boolean
    }
    wire.end = fieldEnd
  }

  /** ArrayValue. */
  #items(lengthAt: number, start: number, end: number, known: KnownKey | undefined): void {
    const wire = this.#wire
    const isSecretPair = this.#isSecretPair(start, end)
    if (!this.#patches.enter(lengthAt, start, end)) return
    let index = 0
    for (let pos = start; pos < end && wire.field(pos, end); pos = wire.end) {
      if (wire.tag !== ITEM_TAG) continue
      this.#value(wire.lengthAt, wire.start, wire.end, isSecretPair && index++ === 1 ? SECRET : known)
    }
    this.#patches.leave()
  }

  /** `['X-Api-Key', '…']`: two items, the first a secret name. */
  #isSecretPair(start: number, end: number): boolean {
    const wire = this.#wire
    let items = 0
    let name = ''
    for (let pos = start; pos < end && items < 3 && wire.field(pos, end); pos = wire.end) {
      const next = wire.end
      if (wire.tag === ITEM_TAG && items++ === 0) name = this.#stringOf(wire.start, wire.end, MAX_NAME_LENGTH)
      wire.end = next
    }
    return items === 2 && name !== '' && isSecretName(name)
  }

  /** KeyValueList. Its fields follow their own names; a statement among them is read by the database beside it. */
  #entries(lengthAt: number, start: number, end: number): void {
    const wire = this.#wire
    // `{ name: 'Authorization', value: '…' }`
    const isNamedSecret = isSecretName(this.#textBeside(start, end, NAME_FIELDS, ITEM_TAG))
    if (!this.#patches.enter(lengthAt, start, end)) return
    for (let pos = start; pos < end && wire.field(pos, end); pos = wire.end) {
      if (wire.tag === ITEM_TAG) this.#attribute(wire.lengthAt, wire.start, wire.end, isNamedSecret)
    }
    this.#patches.leave()
  }

  #string(lengthAt: number, start: number, end: number, known: KnownKey | undefined): void {
    const rule = known?.rule ?? RULE.text
    const safe = this.texts.replacement(rule, start, end, IN_A_DIALECT.has(rule) ? this.#systemBeside() : '')
    if (safe) this.#replace(lengthAt, start, end, safe)
  }

  #text(lengthAt: number, start: number, end: number): void {
    this.#string(lengthAt, start, end, undefined)
    this.#wire.end = end
  }

  #spanName(lengthAt: number, start: number, end: number): void {
    if (!this.plain.isName(start, end)) {
      const name = this.#buf.toString('utf8', start, Math.min(end, start + MAX_TEXT_LENGTH))
      const system = this.#systemBeside()
      const statement = this.#textBeside(this.#messageStart, this.#messageEnd, STATEMENT_KEYS)
      const safe = this.redactor.spanName(name, system, statement)
      if (safe !== name) this.#replaceText(lengthAt, start, end, safe)
      else if (name !== statement) this.plain.names.add(this.plain.view, start, end)
    }
    this.#wire.end = end
  }

  /** Bytes become text in the store, so readable content is searched like text. */
  #bytes(lengthAt: number, start: number, end: number): void {
    if (!isSuspicious(this.#buf, start, end)) return
    const text = this.#buf.toString('latin1', start, Math.min(end, start + MAX_TEXT_LENGTH))
    if (this.redactor.textOf(RULE.text, text, '') === text) return
    this.redactor.redacted++
    this.#patches.replace(lengthAt, start, end, NO_BYTES)
  }

  /** The current message is the number's AnyValue. */
  #number(): void {
    const wire = this.#wire
    const number = wire.tag === ANY.int ? wire.number : this.#buf.readDoubleLE(wire.start)
    if (!(number >= MIN_CARD) || !Number.isInteger(number)) return
    const digits = wire.tag === ANY.int ? String(wire.bigNumber()) : String(number)
    if (!this.redactor.isSecretNumber(digits)) return
    this.redactor.redacted++
    this.#patches.replacePresent(REDACTED_VALUE)
  }

  /** Whether an ArrayValue holds neither lists nor maps. */
  #isOfTexts(start: number, end: number): boolean {
    const wire = this.#wire
    for (let pos = start; pos < end && wire.field(pos, end); pos = wire.end) {
      const next = wire.end
      const inner = wire.tag === ITEM_TAG ? this.#buf[wire.start] : 0
      if (inner === ANY.array || inner === ANY.map) return false
      wire.end = next
    }
    return true
  }

  /** ArrayValue in which an item may say what the next is: a command line, names and values in turn. */
  #sequence(lengthAt: number, start: number, end: number, isRawList: boolean): void {
    const wire = this.#wire
    const texts: string[] = []
    for (let pos = start; pos < end && wire.field(pos, end); pos = wire.end) {
      if (wire.tag === ITEM_TAG) texts.push(this.#stringOf(wire.start, wire.end))
    }
    const safe = isRawList ? redactRawList(texts) : this.redactor.argumentsOf(texts)
    if (!this.#patches.enter(lengthAt, start, end)) return
    let index = 0
    for (let pos = start; pos < end && wire.field(pos, end); pos = wire.end) {
      if (wire.tag !== ITEM_TAG) continue
      const text = safe[index] ?? ''
      if (text !== texts[index++]) {
        this.redactor.redacted++
        this.#patches.replace(wire.lengthAt, wire.start, wire.end, stringValue(text))
      }
    }
    this.#patches.leave()
  }

  #replaceText(lengthAt: number, start: number, end: number, text: string): void {
    this.#replace(lengthAt, start, end, Buffer.from(text))
  }

  #replace(lengthAt: number, start: number, end: number, bytes: Buffer): void {
    this.redactor.redacted++
    this.#patches.replace(lengthAt, start, end, bytes)
  }

  #systemBeside(): string {
    return this.#textBeside(this.#messageStart, this.#messageEnd, SYSTEM_KEYS)
  }

  /** Text of the first attribute of a message that has one of these keys. */
  #textBeside(start: number, end: number, keys: readonly string[], attributeTag = 0): string {
    const wire = this.#wire
    const { end: resume, lengthAt, start: fieldStart, tag } = wire
    let found = ''
    for (let pos = start; pos < end && wire.field(pos, end); pos = wire.end) {
      const next = wire.end
      const isAttribute = attributeTag === 0 ? ATTRIBUTE_TAGS.has(wire.tag) : wire.tag === attributeTag
      if (isAttribute && found === '') found = this.#textIfKey(wire.start, wire.end, keys)
      wire.end = next
    }
    Object.assign(wire, { end: resume, lengthAt, start: fieldStart, tag })
    return found
  }

  #textIfKey(start: number, end: number, keys: readonly string[]): string {
    const wire = this.#wire
    let key = ''
    let text = ''
    for (let pos = start; pos < end && wire.field(pos, end); pos = wire.end) {
      const next = wire.end
      if (wire.tag === KEY_TAG) key = this.#buf.toString('utf8', wire.start, wire.end)
      else if (wire.tag === VALUE_TAG) text = this.#stringOf(wire.start, wire.end)
      wire.end = next
    }
    return keys.includes(key) ? text : ''
  }

  /** Text of an AnyValue that is a string of at most `max` bytes. */
  #stringOf(start: number, end: number, max = Infinity): string {
    const wire = this.#wire
    const { end: resume } = wire
    const isText = wire.field(start, end) && wire.tag === ANY.string && wire.end - wire.start <= max
    const text = isText ? this.#buf.toString('utf8', wire.start, wire.end) : ''
    wire.end = resume
    return text
  }
}

const SYSTEM_KEYS = ['db.system.name', 'db.system']
/** Values whose data is known in texts alone. */
const AS_TEXT: ReadonlySet<Rule> = new Set([RULE.content, RULE.statement, RULE.document])
/** Lists in which an item may say what the next is. */
const IN_TURN: ReadonlySet<Rule> = new Set([RULE.commandArguments, RULE.rawList])
/** Fields that name the value of a pair, and those that hold it. */
const NAME_FIELDS = ['name', 'Name', 'key', 'Key', 'header', 'Header', 'k']
const VALUE_FIELDS = /^(?:values?|content|v|val)$/i
const STATEMENT_KEYS = ['db.query.text', 'db.statement']
/** Attributes of spans, log records, events, links, points and exemplars. */
const ATTRIBUTE_TAGS: ReadonlySet<number> = new Set([10, 26, 34, 50, 58, 74])
