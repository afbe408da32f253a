/** Small files that must survive: written aside, flushed, renamed, and the folder flushed, so that there is the old file or the new. */
import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

export function writeDurably(file: string, content: string): void {
  const aside = `${file}.${process.pid}`
  const handle = openSync(aside, 'w', 0o600)
  try {
    writeFileSync(handle, content)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  renameSync(aside, file)
  const folder = openSync(dirname(file), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
