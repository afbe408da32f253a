/** What the write-ahead log needs from the file system. Tests substitute one that forgets everything that was not synced. */
import { constants } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, readdir, readFile, rename, rm, stat, statfs, truncate } from 'node:fs/promises'
import { dirname } from 'node:path'
import { codeOf } from '@spyglass/agent/contract'

const PAGE_BYTES = 4096

export interface LogFile {
  /** Writes at a position; resolves when all of it is written. */
  write(bytes: Buffer, position: number): Promise<void>
  /** The same for several buffers, one behind the other. */
  writeAll(buffers: readonly Buffer[], position: number): Promise<void>
  truncate(length: number): Promise<void>
  /** Resolves when the content will survive a loss of power. */
  sync(): Promise<void>
  close(): Promise<void>
}

export interface FileLayer {
  makeFolder(path: string): Promise<void>
  /** Opens for writing; creates the file if it is missing. */
  open(path: string): Promise<LogFile>
  /** Makes additions, renames and removals in the folder durable. */
  syncFolder(path: string): Promise<void>
  /** Names in the folder, sorted; none when it is missing. */
  list(path: string): Promise<string[]>
  /** The whole file; unreadable parts are zeros. */
  read(path: string): Promise<Buffer>
  /** What lies there, behind a link as well; undefined for neither file nor folder, and for nothing. */
  kind(path: string): Promise<'file' | 'folder' | undefined>
  /** When the file was last written, in milliseconds since the epoch. */
  modified(path: string): Promise<number>
  /** Bytes of the file. */
  size(path: string): Promise<number>
  /** Undefined where the file system has no fixed number of them. */
  freeInodes(path: string): Promise<number | undefined>
  truncate(path: string, length: number): Promise<void>
  rename(from: string, to: string): Promise<void>
  /** Removes a file or a whole folder; what is missing is not an error. */
  remove(path: string): Promise<void>
}

export const nodeFileLayer: FileLayer = {
  makeFolder,
  async open(path) {
    const handle = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600)
    return {
      write: async (bytes, position) => await write(handle, bytes, position),
      async writeAll(buffers, position) {
        const { bytesWritten } = await handle.writev(buffers, position)
        let start = 0
        for (const bytes of buffers) {
          const done = Math.max(0, Math.min(bytes.length, bytesWritten - start)) // the rest one by one: it hardly ever happens
          if (done < bytes.length) await write(handle, bytes.subarray(done), position + start + done)
          start += bytes.length
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
      if (codeOf(error) === 'ENOENT') return []
      throw error
    }
  },
  async read(path) {
    try {
      return await readFile(path)
    } catch (error) {
      if (codeOf(error) !== 'EIO') throw error
      const handle = await open(path, 'r')
      try {
        return await readAround(handle)
      } finally {
        await handle.close()
      }
    }
  },
  async kind(path) {
    try {
      const found = await stat(path)
      return found.isFile() ? 'file' : found.isDirectory() ? 'folder' : undefined
    } catch (error) {
      if (['ENOENT', 'ELOOP', 'ENOTDIR'].includes(codeOf(error) ?? '')) return undefined
      throw error
    }
  },
  modified: async (path) => (await lstat(path)).mtimeMs,
  size: async (path) => (await lstat(path)).size,
  async freeInodes(path) {
    const { files, ffree } = await statfs(path)
    return files > 0 ? ffree : undefined
  },
  truncate: async (path, length) => await truncate(path, length),
  rename: async (from, to) => await rename(from, to),
  remove: async (path) => await rm(path, { recursive: true, force: true }),
}

async function write(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    done += (await handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten
  }
}

/** Node's own `recursive` reports a read-only file system as ENOENT. */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path)
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return
    if (codeOf(error) !== 'ENOENT' || dirname(path) === path) throw error
    await makeFolder(dirname(path))
    await mkdir(path)
  }
}

/** Writes a whole file and makes its content durable; its name needs {@link FileLayer.syncFolder}. */
export async function writeSynced(files: FileLayer, path: string, bytes: Buffer): Promise<void> {
  const file = await files.open(path)
  try {
    await file.truncate(0)
    await file.write(bytes, 0)
    await file.sync()
  } finally {
    await file.close()
  }
}

interface ReadableHandle {
  stat(): Promise<{ readonly size: number }>
  read(into: Buffer, offset: number, length: number, position: number): Promise<unknown>
}

/** A bad sector costs its page, not the file. */
export async function readAround(handle: ReadableHandle): Promise<Buffer> {
  const bytes = Buffer.alloc((await handle.stat()).size)
  for (let at = 0; at < bytes.length; at += PAGE_BYTES) {
    await handle.read(bytes, at, Math.min(PAGE_BYTES, bytes.length - at), at).catch((error: unknown) => {
      if (codeOf(error) !== 'EIO') throw error // an unreadable page stays zeros, which match no checksum
    })
  }
  return bytes
}
