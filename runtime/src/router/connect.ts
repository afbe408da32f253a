/** Connections to a Unix socket, read into one buffer for all: what has come is handled before the next read, so that none of it is allocated. */
import net, { type Socket } from 'node:net'
import { shortPathOf } from '@spyglass/process/channel'

const READ_BYTES = 65_536
const SHARED = Buffer.allocUnsafeSlow(READ_BYTES)

export interface ConnectOptions {
  readonly path: string
  /** Told what has come; returns whether to go on reading. */
  readonly onBytes: (length: number, bytes: Buffer) => boolean
}

export function connectToPath({ path, onBytes }: ConnectOptions): Socket {
  const onread = { buffer: SHARED, callback: (length: number) => onBytes(length, SHARED) }
  using short = shortPathOf(path) // the system call is made within this one
  return net.connect({ path: short.path, onread } as net.IpcSocketConnectOpts)
}
