/**
 * One connection for posts, over a bare socket. `node:http` would do, but its client shares classes with its server, and V8 compiles each function
 * for the shapes of object that it sees: the first export made 60 functions of the application's server slower for good (docs/decisions/035-posts-over-a-socket.md).
 */
import type { Socket } from 'node:net'
import process from 'node:process'
import type { Trust } from '../tls-trust/index.ts'
import { guarded } from '../guard/guard.ts'
import { type Answer, AnswerReader } from './answer-reader.ts'

/** Shorter than servers keep an idle connection: those of Node 5 s, others longer. */
const IDLE_MS = 4000

/** A post in progress. */
interface Exchange {
  readonly reader: AnswerReader
  /** Undefined: there was no answer. */
  readonly resolve: (answer: Answer | undefined) => void
}

export class PostConnection {
  readonly #socket: Socket
  #exchange: Exchange | undefined
  isClosed = false
  /** Why the connection broke. */
  error: Error | undefined

  /** Connects to the server of the URL; the connection never holds the process open. */
  constructor(url: URL, trust: Trust) {
    const socket = (this.#socket = connect(url, trust))
    socket.unref()
    socket.on('error', (error) => (this.error = error)) // whatever fails here, its error never reaches the application
    this.#hear('data', (chunk) => this.#received(chunk as Buffer))
    this.#hear('timeout', () => socket.destroy())
    this.#hear('end', () => socket.destroy())
    this.#hear('close', () => this.#closed())
  }

  /** Whether it can take the next request. */
  get isFree(): boolean {
    return !this.isClosed && !this.#socket.destroyed && this.#exchange === undefined
  }

  /** Sends a whole request. Undefined: there was no answer; `timeoutMs` is the longest silence. */
  send(request: Buffer, timeoutMs: number): Promise<Answer | undefined> {
    return new Promise((resolve) => {
      this.#exchange = { reader: new AnswerReader(), resolve }
      this.#socket.setTimeout(timeoutMs)
      this.#socket.write(request)
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  /** A listener that throws would end the application. */
  #hear(event: string, heard: (subject: unknown) => void): void {
    this.#socket.on(event, guarded('http-post', heard))
  }

  #received(chunk: Buffer): void {
    const { reader, resolve } = this.#exchange ?? {}
    if (!reader) return this.close() // nothing was asked
    reader.add(chunk)
    if (reader.answer) resolve?.(reader.answer)
    if (reader.isBroken) this.close()
    else if (reader.isDone) this.#release(reader)
  }

  /** An answer may come before the whole request is sent: what is left would be taken for the next one. */
  #release(reader: AnswerReader): void {
    if (!reader.keepsAlive || this.#socket.writableLength > 0) return this.close()
    this.#exchange = undefined
    this.#socket.setTimeout(IDLE_MS)
  }

  #closed(): void {
    this.isClosed = true
    this.#exchange?.resolve(undefined) // after an answer this does nothing
    this.#exchange = undefined
  }
}

function connect(url: URL, trust: Trust): Socket {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const net = process.getBuiltinModule('node:net')
  if (url.protocol !== 'https:') return net.connect({ host, port: Number(url.port) || 80 })
  const servername = net.isIP(host) === 0 ? host : ''
  const address = { host, port: Number(url.port) || 443, servername, ALPNProtocols: ['http/1.1'] }
  try {
    return process.getBuiltinModule('node:tls').connect({ ...address, ...trust() })
  } catch (error) {
    return new net.Socket().destroy(error as Error) // a file that cannot be read: there is no answer, and the next attempt looks again
  }
}
