/**
 * Which INSERT may be in progress, durable before it is sent: only the same rows under the same token are dropped as a repeat, so after a
 * crash it must be repeated as it was.
 */
import { join } from 'node:path'
import { type TableName, tables } from '@spyglass/agent/contract'
import type { FileLayer } from './file-layer.ts'
import { checkedLine, textOfLine } from '@spyglass/process/durable-file'

export interface Inserting {
  readonly table: TableName
  /** Names, in the order in which they form the token. */
  readonly segments: readonly string[]
}

/** Name of the file in the log's folder. */
export const FILE = 'inserting'

/** A torn note counts as missing: its INSERT was not sent. */
export async function readInserting(files: FileLayer, root: string): Promise<Inserting | undefined> {
  if (!(await files.list(root)).includes(FILE)) return undefined
  const bytes = await files.read(join(root, FILE))
  const text = textOfLine(bytes.subarray(0, Math.max(0, bytes.indexOf(10))))
  const inserting = text === undefined ? undefined : (JSON.parse(text) as Inserting)
  return inserting && Object.hasOwn(tables, inserting.table) ? inserting : undefined
}

/** A hundred names fit. */
const NOTE_BYTES = 4096

/** Written in place, in space that {@link reserveInserting} reserved: on a full disk the log must still be able to empty itself. */
export async function writeInserting(files: FileLayer, root: string, inserting: Inserting): Promise<void> {
  const note = Buffer.alloc(NOTE_BYTES)
  checkedLine(JSON.stringify(inserting)).copy(note)
  await overwrite(files, join(root, FILE), note)
}

/** Reserves space for the note. */
export async function reserveInserting(files: FileLayer, root: string): Promise<void> {
  const path = join(root, FILE)
  if ((await files.list(root)).includes(FILE) && (await files.size(path)) >= NOTE_BYTES) return
  await overwrite(files, path, Buffer.alloc(NOTE_BYTES))
  await files.syncFolder(root)
}

async function overwrite(files: FileLayer, path: string, bytes: Buffer): Promise<void> {
  const file = await files.open(path)
  try {
    await file.write(bytes, 0)
    await file.sync()
  } finally {
    await file.close()
  }
}
