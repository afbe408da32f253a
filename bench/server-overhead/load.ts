/** Requests over keep-alive connections, each with one in progress: as cheap for the client as Node allows. */
import { type Socket, connect } from 'node:net'

const ANSWER_MS = 5000
const END_OF_BODY = '}'.charCodeAt(0)

export class Load {
  readonly #sockets: readonly Socket[]
  readonly #request: string
  answered = 0
  #isOn = false
  #underWay = 0
  #idle: (() => void) | undefined

  private constructor(sockets: readonly Socket[], path: string) {
    this.#sockets = sockets
    this.#request = `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nuser-agent: bench\r\n\r\n`
    for (const socket of sockets) socket.on('data', (chunk: Buffer) => this.#received(socket, chunk))
  }

  static async open(port: number, path: string, connections = 16): Promise<Load> {
    const opening = Array.from({ length: connections }, async () => {
      const socket = connect(port, '127.0.0.1').setNoDelay()
      await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
      return socket
    })
    return new Load(await Promise.all(opening), path)
  }

  /** Runs for `ms`, then waits for the answers in progress; returns the number of answers. */
  async run(ms: number): Promise<number> {
    const before = this.answered
    this.#isOn = true
    for (const socket of this.#sockets) this.#send(socket)
    await new Promise((resolve) => setTimeout(resolve, ms))
    this.#isOn = false
    if (this.#underWay > 0) await this.#drained()
    return this.answered - before
  }

  /** A server that leaves a request unanswered makes the whole measurement void. */
  #drained(): Promise<void> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new TypeError(`${this.#underWay} requests were not answered`)), ANSWER_MS)
      this.#idle = () => {
        clearTimeout(late)
        resolve()
      }
    })
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  #send(socket: Socket): void {
    this.#underWay++
    socket.write(this.#request)
  }

  /** The answer is one small object: its last byte ends it. */
  #received(socket: Socket, chunk: Buffer): void {
    if (chunk.at(-1) !== END_OF_BODY) return
    this.answered++
    this.#underWay--
    if (this.#isOn) this.#send(socket)
    else if (this.#underWay === 0) this.#idle?.()
  }
}
