/** An open-loop client: requests come at their time whether or not earlier ones are answered, each on a connection of its own while it waits. */
import { connect, type Socket } from 'node:net'

const MAX_CONNECTIONS = 3000
const DRAIN_MS = 3000

export interface Answers {
  /** Milliseconds of each answer of 200, from when the request was due. */
  readonly good: number[]
  readonly refused: number
  /** No connection was free, or it broke off. */
  readonly failed: number
  readonly seconds: number
}

export interface LoadPlan {
  readonly path: string
  readonly perSecond: number
  readonly ms: number
  /** What begins earlier is not counted. */
  readonly warmUpMs: number
}

/** Resolves some time after the last request was sent; what is not answered by then has failed. */
export async function sendOpen(port: number, { path, perSecond, ms, warmUpMs }: LoadPlan): Promise<Answers> {
  const request = `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`
  const idle: Socket[] = []
  const waiting = new Map<Socket, number>()
  const good: number[] = []
  let [open, refused, failed] = [0, 0, 0]
  const begin = performance.now()
  const countedFrom = begin + warmUpMs

  function answered(socket: Socket, text: string): void {
    const due = waiting.get(socket)
    if (due === undefined) return
    waiting.delete(socket)
    if (due >= countedFrom) {
      if (text.startsWith('HTTP/1.1 200')) good.push(performance.now() - due)
      else refused++
    }
    if (/\r\nconnection: close/i.test(text)) socket.destroy()
    else idle.push(socket)
  }

  function send(due: number): void {
    const socket = idle.pop() ?? openSocket()
    if (socket) {
      waiting.set(socket, due)
      socket.write(request)
    } else if (due >= countedFrom) failed++
  }

  function openSocket(): Socket | undefined {
    if (open >= MAX_CONNECTIONS) return undefined
    open++
    const socket = connect(port, '127.0.0.1').setNoDelay()
    socket.on('data', (chunk: Buffer) => answered(socket, chunk.toString('latin1')))
    socket.on('error', () => {})
    socket.on('close', () => {
      open--
      const due = waiting.get(socket)
      waiting.delete(socket)
      if (due !== undefined && due >= countedFrom) failed++
    })
    return socket
  }

  let sent = 0
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const now = performance.now()
      for (; sent < ((now - begin) / 1000) * perSecond; sent++) send(begin + (sent / perSecond) * 1000)
      if (now - begin < ms) return
      clearInterval(timer)
      resolve()
    }, 1)
  })
  const drained = performance.now() + DRAIN_MS
  while (waiting.size > 0 && performance.now() < drained) await new Promise((resolve) => setTimeout(resolve, 20))
  for (const socket of [...waiting.keys(), ...idle]) socket.destroy()
  return {
    good,
    refused,
    failed: failed + [...waiting.values()].filter((due) => due >= countedFrom).length,
    seconds: (ms - warmUpMs) / 1000,
  }
}
