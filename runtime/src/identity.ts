/** Who this server is: the version of the package, and the UUID made at the first start. */
import { randomUUID } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DataFolder } from '@spyglass/process/config'

interface Manifest {
  readonly version: string
}

/** Version of Spyglass. */
export const version: string = (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as Manifest).version

/** The server's UUID, kept in `<data>/state/server-id`; whoever asks first makes it. */
export function serverIdentity(folder: DataFolder): string {
  const file = join(folder.state, 'server-id')
  try {
    writeFileSync(file, randomUUID(), { flag: 'wx' })
  } catch {
    // it stands already, which is the ordinary case; an unreadable file fails below
  }
  return readFileSync(file, 'utf8').trim()
}
