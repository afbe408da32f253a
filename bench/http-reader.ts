/**
 * An HTTP client that takes an answer as fast as it comes: it reads a megabyte at once. wrk reads 8 KiB at once from a small receive buffer,
 * so an answer of 131 to 142 KiB on loopback waits for a window update, and the wake-ups are charged to the server (decision 034).
 */
import { connect } from 'node:net'

export interface Reading {
  readonly requests: number
  /** Delay of each request, in milliseconds. */
  readonly delaysMs: readonly number[]
}

const READ_BYTES = 1_048_576
const HEAD_END = '\r\n\r\n'

/** Repeats GET `url` on `connections` connections for `seconds`. Rejects on a status other than 200 or an answer without Content-Length. */
export async function readRepeatedly(url: string, connections: number, seconds: number): Promise<Reading> {
  const until = performance.now() + seconds * 1000
  const delaysMs: number[] = []
  await Promise.all(Array.from({ length: connections }, () => readUntil(new URL(url), until, delaysMs)))
  return { requests: delaysMs.length, delaysMs }
}

function readUntil({ hostname, port, host, pathname, search }: URL, until: number, delaysMs: number[]): Promise<void> {
  const request = `GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\n\r\n`
  return new Promise((resolve, reject) => {
    let missing = 0
    let sentMs = 0
    const send = (): void => {
      sentMs = performance.now()
      socket.write(request)
    }
    const callback = (size: number, buffer: Uint8Array): boolean => {
      try {
        missing += missing === 0 ? answerBytes(buffer.subarray(0, size)) - size : -size
      } catch (error) {
        socket.destroy(error as Error)
        return false
      }
      if (missing === 0) {
        delaysMs.push(performance.now() - sentMs)
        if (performance.now() < until) send()
        else socket.end()
      }
      return true
    }
    const socket = connect({ host: hostname, port: Number(port), onread: { buffer: Buffer.alloc(READ_BYTES), callback } }, send)
    socket.on('error', reject)
    socket.on('close', () => resolve())
  })
}

/** Length of head and body. The head is assumed to come whole, since servers send it with the beginning of the body. */
function answerBytes(beginning: Uint8Array): number {
  const text = Buffer.from(beginning.buffer, beginning.byteOffset, Math.min(beginning.length, 4096)).toString('latin1')
  const end = text.indexOf(HEAD_END)
  const length = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, end))?.[1]
  if (!text.startsWith('HTTP/1.1 200 ') || length === undefined) throw new Error(`unexpected answer: ${text.slice(0, 200)}`)
  return end + HEAD_END.length + Number(length)
}
