/** Sends requests at their time whether or not earlier ones are answered, each on a connection of its own while it waits. Cheap: the server is to be measured. */
import { connect, type Socket } from 'node:net'

const MAX_CONNECTIONS = 3000

export interface Answer {
  readonly status: number
  /** Head and body as they came. */
  readonly text: string
  /** From when the request was due. */
  readonly ms: number
}

/** Undefined: no connection was free, or it broke off. */
export type OnAnswer = (answer: Answer | undefined) => void

interface Waiting {
  readonly due: number
  readonly onAnswer: OnAnswer
  text: string
}

export class OpenClient {
  readonly #port: number
  readonly #idle: Socket[] = []
  readonly #waiting = new Map<Socket, Waiting>()
  #open = 0

  constructor(port: number) {
    this.#port = port
  }

  /** Requests without an answer yet. */
  get size(): number {
    return this.#waiting.size
  }

  send(request: string, due: number, onAnswer: OnAnswer): void {
    const socket = this.#idleSocket() ?? this.#connect()
    if (!socket) return onAnswer(undefined)
    this.#waiting.set(socket, { due, onAnswer, text: '' })
    socket.write(request)
  }

  /** What is not answered by then has failed. */
  async close(drainMs: number): Promise<void> {
    const end = performance.now() + drainMs
    while (this.#waiting.size > 0 && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 20))
    for (const socket of [...this.#waiting.keys(), ...this.#idle]) socket.destroy()
    for (const socket of this.#waiting.keys()) this.#ended(socket, undefined)
  }

  /** The server may have closed it meanwhile. */
  #idleSocket(): Socket | undefined {
    for (let socket = this.#idle.pop(); socket; socket = this.#idle.pop()) if (!socket.destroyed) return socket
    return undefined
  }

  #connect(): Socket | undefined {
    if (this.#open >= MAX_CONNECTIONS) return undefined
    this.#open++
    const socket = connect(this.#port, '127.0.0.1').setNoDelay()
    socket.on('data', (chunk: Buffer) => this.#received(socket, chunk.toString('latin1')))
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#open--
      this.#ended(socket, undefined)
    })
    return socket
  }

  #received(socket: Socket, chunk: string): void {
    const waiting = this.#waiting.get(socket)
    if (!waiting) return
    waiting.text += chunk
    const { text, due } = waiting
    if (!isWhole(text)) return
    if (/\r\nconnection: close/i.test(text)) socket.destroy()
    else this.#idle.push(socket)
    this.#ended(socket, { status: Number(text.slice(9, 12)), text, ms: performance.now() - due })
  }

  #ended(socket: Socket, answer: Answer | undefined): void {
    const waiting = this.#waiting.get(socket)
    this.#waiting.delete(socket)
    waiting?.onAnswer(answer)
  }
}

function isWhole(text: string): boolean {
  const head = text.indexOf('\r\n\r\n')
  if (head < 0) return false
  return text.length >= head + 4 + Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? 0)
}

/** Calls `send` with the number and the time of each request, until `ms` have passed. */
export async function atRate(
  { perSecond, ms }: { readonly perSecond: number; readonly ms: number },
  send: (at: number, due: number) => void,
) {
  const begin = performance.now()
  let sent = 0
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const passed = Math.min(ms, performance.now() - begin)
      for (; sent < (passed / 1000) * perSecond; sent++) send(sent, begin + (sent / perSecond) * 1000)
      if (passed < ms) return
      clearInterval(timer)
      resolve()
    }, 1)
  })
}
