/** Finds the end of a body in the bytes as they come, without keeping them. */

/** More is to come. */
export const MORE = -1
/** It is not framed as it says. */
export const MALFORMED = -2

type OnData = (from: number, to: number) => void

export interface BodyReader {
  /**
   * Reads from `at` to `end`. Returns where the body ends, {@link MORE} or {@link MALFORMED}. `onData` is told which of the bytes are content.
   */
  read(bytes: Uint8Array, at: number, end: number, onData?: OnData): number
  readonly isUntilClose?: boolean
}

/** A body of a stated length. */
export class LengthReader implements BodyReader {
  #left: number

  constructor(length: number) {
    this.#left = length
  }

  read(_bytes: Uint8Array, at: number, end: number, onData?: OnData): number {
    const taken = Math.min(this.#left, end - at)
    if (taken > 0) onData?.(at, at + taken)
    this.#left -= taken
    return this.#left === 0 ? at + taken : MORE
  }
}

/** A body that lasts until the connection closes. */
export const untilClose: BodyReader = {
  isUntilClose: true,
  read(_bytes, at, end, onData) {
    if (end > at) onData?.(at, end)
    return MORE
  },
}

const [CR, LF, TAB, SPACE, SEMICOLON, COLON] = [13, 10, 9, 32, 59, 58] as const
/** Of one chunk. */
const MAX_SIZE_DIGITS = 12
const MAX_EXTENSION_BYTES = 1024
const MAX_TRAILER_BYTES = 16_384

type State = 'size' | 'extension' | 'size-end' | 'data' | 'data-cr' | 'data-lf' | 'trailer' | 'trailer-line' | 'trailer-lf' | 'last-lf'

/** A chunked body (RFC 9112 section 7.1): sizes are plain hexadecimal digits, and lines end with CRLF and nothing else. */
export class ChunkedReader implements BodyReader {
  #state: State = 'size'
  #left = 0
  #digits = 0
  #extension = 0
  #trailer = 0
  #hasColon = false

  read(bytes: Uint8Array, at: number, end: number, onData?: OnData): number {
    let i = at
    while (i < end) {
      if (this.#state === 'data') {
        const taken = Math.min(this.#left, end - i)
        onData?.(i, i + taken)
        i += taken
        this.#left -= taken
        if (this.#left === 0) this.#state = 'data-cr'
        continue
      }
      if (this.#state === 'last-lf') return bytes[i] === LF ? i + 1 : MALFORMED
      if (!this.#step(bytes[i] ?? 0)) return MALFORMED
      i++
    }
    return MORE
  }

  /** Whether the byte is one that may stand here. */
  #step(byte: number): boolean {
    switch (this.#state) {
      case 'size':
        return this.#size(byte)
      case 'extension':
        if (byte === CR) return this.#to('size-end')
        return isText(byte) && ++this.#extension <= MAX_EXTENSION_BYTES
      case 'size-end':
        return byte === LF && this.#to(this.#left === 0 ? 'trailer' : 'data')
      case 'data-cr':
        return byte === CR && this.#to('data-lf')
      case 'data-lf':
        this.#digits = 0
        return byte === LF && this.#to('size')
      default:
        return this.#trailerStep(byte)
    }
  }

  #trailerStep(byte: number): boolean {
    switch (this.#state) {
      case 'trailer':
        this.#hasColon = false
        if (byte === CR) return this.#to('last-lf')
        return byte !== SPACE && byte !== TAB && byte !== COLON && isText(byte) && this.#to('trailer-line')
      case 'trailer-line':
        if (byte === CR) return this.#hasColon && this.#to('trailer-lf')
        this.#hasColon ||= byte === COLON
        return isText(byte) && ++this.#trailer <= MAX_TRAILER_BYTES
      default:
        return byte === LF && this.#to('trailer')
    }
  }

  #size(byte: number): boolean {
    const digit = hexDigit(byte)
    if (digit >= 0) {
      this.#left = this.#digits === 0 ? digit : this.#left * 16 + digit
      return ++this.#digits <= MAX_SIZE_DIGITS
    }
    if (this.#digits === 0) return false
    if (byte === CR) return this.#to('size-end')
    return byte === SEMICOLON && this.#to('extension')
  }

  #to(state: State): true {
    this.#state = state
    return true
  }
}

const isText = (byte: number): boolean => byte === TAB || (byte >= SPACE && byte !== 127)

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48
  const lower = byte | 32
  return lower >= 97 && lower <= 102 ? lower - 87 : -1
}
