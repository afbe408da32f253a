/** Messages over a stream: one JSON document per line, in both directions. */
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'

/** Beyond it a peer that does not read is cut off: nothing here may grow without bound. */
const MAX_OUTBOX_BYTES = 33_554_432
const MAX_LINE_BYTES = 33_554_432

export interface MessageStreamOptions {
  readonly onMessage: (message: unknown) => void
  /** Called once when the peer is gone, whatever the reason. */
  readonly onEnd: () => void
}

export class MessageStream {
  readonly #stream: Duplex
  readonly #options: MessageStreamOptions
  readonly #decoder = new StringDecoder('utf8')
  #pending = ''
  #isOpen = true

  constructor(stream: Duplex, options: MessageStreamOptions) {
    this.#stream = stream
    this.#options = options
    stream.on('data', (chunk: Buffer) => this.#read(chunk))
    stream.on('error', () => this.close()) // `close` follows; the reason helps nobody
    stream.on('end', () => this.close())
    stream.on('close', () => this.#end())
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Whether the peer has taken what was sent before: a sender whose newest message counts alone waits for it. */
  get isDrained(): boolean {
    return this.#isOpen && this.#stream.writableLength === 0
  }

  /** Sends a message, or drops it when the peer is gone. `sent` is called in both cases; with an error where it became known only then. */
  send(message: unknown, sent: (error?: Error | null) => void = () => {}): void {
    if (!this.#isOpen) return queueMicrotask(sent)
    this.#stream.write(`${JSON.stringify(message)}\n`, (error) => sent(error))
    if (this.#stream.writableLength > MAX_OUTBOX_BYTES) this.close()
  }

  close(): void {
    this.#stream.destroy()
  }

  /** Whether the stream keeps the process alive, if it is a socket. */
  ref(): void {
    if (this.#stream instanceof Socket) this.#stream.ref()
  }

  unref(): void {
    if (this.#stream instanceof Socket) this.#stream.unref()
  }

  /** Reads no more until {@link resume}: what the peer sends waits in the kernel. */
  pause(): void {
    this.#stream.pause()
  }

  resume(): void {
    this.#stream.resume()
  }

  #read(chunk: Buffer): void {
    const text = this.#decoder.write(chunk)
    // a part of a long line is only joined: to look through all of it again for each part would take as long as the line is long, squared
    const lines = text.includes('\n') ? (this.#pending + text).split('\n') : [this.#pending + text]
    this.#pending = lines.pop() ?? ''
    if (this.#pending.length > MAX_LINE_BYTES) return this.close()
    for (const line of lines) {
      const message = parsed(line)
      if (message !== undefined) this.#options.onMessage(message)
    }
  }

  #end(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#options.onEnd()
  }
}

/** A line that is no JSON was written by something else that had the descriptor: an application that guesses numbers. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
