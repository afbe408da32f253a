/** Who this collector is: an id made once for the data folder, and a boot number that rises with each start. Together they name segments. */
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeDurably } from '@spyglass/process/durable-file'

export interface Identity {
  /** 12 hexadecimal digits. */
  readonly id: string
  readonly boot: number
}

/** Reads the identity from `<state>/collector.json`, counts the boot and makes that durable before it returns. */
export function nextIdentity(stateFolder: string): Identity {
  const path = join(stateFolder, 'collector.json')
  const known = existsSync(path) ? parseIdentity(readFileSync(path, 'utf8')) : undefined
  const identity = { id: known?.id ?? randomBytes(6).toString('hex'), boot: (known?.boot ?? 0) + 1 }
  writeDurably(path, JSON.stringify(identity))
  return identity
}

/** A damaged file gives a new id: names stay unique, and recovery goes by the folders it finds. */
function parseIdentity(text: string): Identity | undefined {
  try {
    const { id, boot } = JSON.parse(text) as Partial<Identity>
    return typeof id === 'string' && /^[0-9a-f]{12}$/.test(id) && Number.isSafeInteger(boot) ? { id, boot: boot as number } : undefined
  } catch {
    return undefined // see above
  }
}

export function segmentName({ id, boot }: Identity, sequence: number): string {
  return `${id}-${String(boot).padStart(6, '0')}-${String(sequence).padStart(8, '0')}`
}
