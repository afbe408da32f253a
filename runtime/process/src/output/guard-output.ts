/**
 * Keeps what a process writes to its standard output and standard error from ending it. Under the keeper both are pipes that the holder reads; when it is
 * gone, or slow, every logger would throw that writes to the descriptor by `fs`, as pino does, those of applications too. By hand both may be files on a full
 * disk. Writes to descriptors 1 and 2 therefore go through a {@link LineSink}: dropped output is counted and reported, and the write appears to succeed.
 *
 * Worker threads have an `fs` of their own. They inherit `--require`, which Node also obeys in a worker made of a text (`--import` it does
 * not), so instances load this file by it.
 */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import process from 'node:process'
import { droppedReport, LineSink } from './line-sink.ts'

type Bytes = string | Uint8Array
type Callback = (error: Error | null, written?: number, bytes?: unknown) => void

let isGuarded = false

/** `name` is the process in the report. Does nothing the second time. */
export function guardOutput(name: string): void {
  if (isGuarded) return
  isGuarded = true
  const sinks = sinksOf(name)
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {}) // a reader that is gone must not end us
  if (sinks.size === 0) return
  guardStreams(new Map([...sinks].filter(([fd]) => isFile(fd))))
  guardFileSystem(sinks)
}

/** Terminals are left as they are. */
function sinksOf(name: string): ReadonlyMap<number, LineSink> {
  const write = fs.writeSync // before it is replaced
  const files = [1, 2].filter((fd) => isFile(fd) || isPipe(fd))
  const both = files.length === 2 && isSameFile(1, 2) // one file, one count
  const report = droppedReport(name, process.pid)
  const first = new LineSink({ fd: files[0] ?? 1, report, write })
  return new Map(files.map((fd, i) => [fd, i === 0 || both ? first : new LineSink({ fd, report, write })]))
}

/** Node's stream over a file destroys itself at the first error and stays silent for good. */
function guardStreams(sinks: ReadonlyMap<number, LineSink>): void {
  for (const stream of [process.stdout, process.stderr]) {
    const sink = sinks.get(stream.fd)
    if (!sink) continue
    stream._write = (chunk: Bytes, encoding, done) => {
      sink.write(bytesOf(chunk, encoding))
      done()
    }
  }
}

function guardFileSystem(sinks: ReadonlyMap<number, LineSink>): void {
  const { writeSync, write, writevSync, writev } = fs
  fs.writeSync = ((fd: number, data: Bytes | DataView, ...rest: unknown[]) => {
    const sink = sinks.get(fd)
    return sink ? written(sink, sliceOf(data, rest)) : Reflect.apply(writeSync, fs, [fd, data, ...rest])
  }) as typeof fs.writeSync
  fs.write = like(write, (fd: number, data: Bytes | DataView, ...rest: unknown[]) => {
    const sink = sinks.get(fd)
    if (!sink) return Reflect.apply(write, fs, [fd, data, ...rest])
    const done = rest.pop() as Callback
    return process.nextTick(done, null, written(sink, sliceOf(data, rest)), data)
  })
  fs.writevSync = ((fd: number, buffers: readonly Uint8Array[], ...rest: unknown[]) => {
    const sink = sinks.get(fd)
    return sink ? written(sink, Buffer.concat(buffers)) : Reflect.apply(writevSync, fs, [fd, buffers, ...rest])
  }) as typeof fs.writevSync
  fs.writev = like(writev, (fd: number, buffers: readonly Uint8Array[], ...rest: unknown[]) => {
    const sink = sinks.get(fd)
    if (!sink) return Reflect.apply(writev, fs, [fd, buffers, ...rest])
    return process.nextTick(rest.pop() as Callback, null, written(sink, Buffer.concat(buffers)), buffers)
  })
  syncBuiltinESMExports()
}

/** What `util.promisify` needs to know of a function is a property of it. */
function like<F extends object>(original: F, replacement: unknown): F {
  return Object.defineProperties(replacement as F, Object.getOwnPropertyDescriptors(original))
}

/** A dropped line counts as written: the writer can do nothing about it. */
function written(sink: LineSink, bytes: Uint8Array): number {
  sink.write(bytes)
  return bytes.length
}

/** What `fs.write(fd, buffer, offset, length)`, `fs.write(fd, buffer, { offset, length })` and `fs.write(fd, string, position, encoding)` mean. */
function sliceOf(data: Bytes | DataView, [first, second]: readonly unknown[]): Uint8Array {
  if (typeof data === 'string') return bytesOf(data, typeof second === 'string' ? second : undefined)
  const view = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  const { offset, length } = (typeof first === 'object' && first !== null ? first : { offset: first, length: second }) as {
    offset?: number | null
    length?: number | null
  }
  const from = offset ?? 0
  return view.subarray(from, length === undefined || length === null ? view.length : from + length)
}

function bytesOf(chunk: Bytes, encoding: string | undefined): Uint8Array {
  return typeof chunk === 'string' ? Buffer.from(chunk, encoding !== undefined && Buffer.isEncoding(encoding) ? encoding : 'utf8') : chunk
}

function isFile(fd: number): boolean {
  try {
    return fs.fstatSync(fd).isFile()
  } catch {
    return false // closed
  }
}

/** Node gives its children sockets as pipes. */
function isPipe(fd: number): boolean {
  try {
    const stat = fs.fstatSync(fd)
    return stat.isFIFO() || stat.isSocket()
  } catch {
    return false // closed
  }
}

function isSameFile(one: number, other: number): boolean {
  const [a, b] = [fs.fstatSync(one), fs.fstatSync(other)]
  return a.ino === b.ino && a.dev === b.dev
}
