/**
 * Reaches a Unix socket whose path is too long: its address holds 108 bytes (unix(7)), a data folder may have a longer name. On Linux the folder
 * is opened, and the socket reached through `/proc/self/fd/N`, which is short.
 */
import { closeSync, constants, openSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { fail } from './errors.ts'

/** In bytes: 108 with the zero at the end on Linux, 104 on macOS. */
const MAX_PATH_BYTES = process.platform === 'linux' ? 107 : 103

export interface ShortPath extends Disposable {
  /** What `listen` and `connect` are given. */
  readonly path: string
}

/**
 * A path to the socket that fits; valid until it is disposed of.
 * @throws SPY_LOCAL_PATH where there is no way round, or ENOENT when the folder does not exist
 */
export function shortPathOf(file: string, platform: string = process.platform): ShortPath {
  const bytes = Buffer.byteLength(file)
  if (bytes <= MAX_PATH_BYTES) return { path: file, [Symbol.dispose]: () => {} }
  if (platform !== 'linux') throw fail('SPY_LOCAL_PATH', [bytes, MAX_PATH_BYTES, file])
  const fd = openSync(dirname(file), constants.O_RDONLY | constants.O_DIRECTORY)
  return { path: `/proc/self/fd/${fd}/${basename(file)}`, [Symbol.dispose]: () => closeSync(fd) }
}
