/** Small durable files: written to a temporary file, flushed, renamed, and the folder flushed, so that either the old or the new file exists. */
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { codeOf } from '@spyglass/agent/contract'
import { wrongShape } from './errors.ts'

export interface DurableOptions {
  /** Name under which the file that is replaced is kept. */
  readonly keepAs?: string
}

/** Only the owner can read the file (mode 0600). A failed write leaves the old file unchanged, and no other file. */
export function writeDurably(file: string, content: string, { keepAs }: DurableOptions = {}): void {
  const aside = `${file}.${process.pid}`
  try {
    writeFlushed(aside, content)
    if (keepAs !== undefined) keep(file, keepAs)
    renameSync(aside, file)
  } catch (error) {
    rmSync(aside, { force: true })
    throw error
  }
  flushFolder(dirname(file))
}

/** Writes nothing if the file already has this content: then it needs no space on a full disk. An existing file is replaced, a folder set aside. */
export function writeIfChanged(file: string, content: string): void {
  if (contentOf(file) === content) return
  writeDurably(file, content)
}

/** Moves what cannot be used out of the way, as `NAME.damaged-20261126T101500123Z`; returns that name. */
export function setAside(file: string, now: number = Date.now()): string {
  const aside = `${file}.damaged-${new Date(now).toISOString().replaceAll(/[-:.]/g, '')}`
  renameSync(file, aside)
  return aside
}

/** A new file for its owner alone, whose content is on the disk when it returns. Its name is only after {@link flushFolder}. */
export function writeFlushed(file: string, content: string): void {
  const handle = openSync(file, 'w', 0o600)
  try {
    writeFileSync(handle, content)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** A second name for the current content: there is no moment without a file. */
function keep(file: string, keepAs: string): void {
  rmSync(keepAs, { force: true, recursive: true })
  try {
    linkSync(file, keepAs)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error // there is none yet
  }
}

/** Makes new names in the folder durable. */
export function flushFolder(folder: string): void {
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** No file of ours is nearly as long, and reading one that is could take all memory. */
const MAX_BYTES = 32 * 1_048_576

/**
 * The text of a file. Opening a pipe would block until something writes to it.
 * @throws EISDIR for a folder, SPY_STATE_SHAPE for what is neither or is longer than `maxBytes`, and what else the file system says
 */
export function readText(file: string, maxBytes: number = MAX_BYTES): string {
  const found = statSync(file)
  if (!found.isFile() && !found.isDirectory()) throw wrongShape('it is a pipe, a socket or a device')
  if (found.isFile() && found.size > maxBytes) throw wrongShape(`it has ${found.size} bytes, and no such file has more than ${maxBytes}`)
  return readFileSync(file, 'utf8')
}

function contentOf(file: string): string | undefined {
  try {
    return readText(file)
  } catch (error) {
    if (codeOf(error) === 'EISDIR') setAside(file)
    return undefined
  }
}
