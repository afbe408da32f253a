/** What the write-ahead log asks of the file system. A test puts a double here that forgets whatever was not synced. */
import { constants } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm, stat, truncate } from 'node:fs/promises'

export interface LogFile {
  /** Writes at a position; resolves when all of it is written. */
  write(bytes: Buffer, position: number): Promise<void>
  truncate(length: number): Promise<void>
  /** Resolves when the content will survive a loss of power. */
  sync(): Promise<void>
  close(): Promise<void>
}

export interface FileLayer {
  makeFolder(path: string): Promise<void>
  /** Opens for writing; makes the file if there is none. */
  open(path: string): Promise<LogFile>
  /** Makes additions, renames and removals in the folder durable. */
  syncFolder(path: string): Promise<void>
  /** Names in the folder, sorted; none when it is missing. */
  list(path: string): Promise<string[]>
  read(path: string): Promise<Buffer>
  /** When the file was last written, in milliseconds since the epoch. */
  modified(path: string): Promise<number>
  truncate(path: string, length: number): Promise<void>
  rename(from: string, to: string): Promise<void>
  /** Removes a file or a whole folder; what is missing is no error. */
  remove(path: string): Promise<void>
}

export const nodeFileLayer: FileLayer = {
  async makeFolder(path) {
    await mkdir(path, { recursive: true })
  },
  async open(path) {
    const handle = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600)
    return {
      async write(bytes, position) {
        for (let done = 0; done < bytes.length;) {
          done += (await handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten
        }
      },
      truncate: async (length) => await handle.truncate(length),
      sync: async () => await handle.datasync(),
      close: async () => await handle.close(),
    }
  },
  async syncFolder(path) {
    const handle = await open(path, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  },
  async list(path) {
    try {
      return (await readdir(path)).sort()
    } catch (error) {
      if (isMissing(error)) return []
      throw error
    }
  },
  read: async (path) => await readFile(path),
  modified: async (path) => (await stat(path)).mtimeMs,
  truncate: async (path, length) => await truncate(path, length),
  rename: async (from, to) => await rename(from, to),
  remove: async (path) => await rm(path, { recursive: true, force: true }),
}

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT'
