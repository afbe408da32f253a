/**
 * Reads what processes left behind in a spool folder. A rename gives each file to one reader; it is removed once everything in it was
 * delivered, and a reader that dies leaves it to the next.
 */
import { constants, existsSync, promises as fs, statSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { REPORT_HEAD_BYTES, isReportOf, saysHeapWasFull } from './fatal-report.ts'
import { type SpoolContent, type SpoolHeader, readSpool, readSpoolHeader } from './read-spool.ts'
import { type ProcessIdentity, type SpoolName, heldName, isAbandoned, ownIdentity, parseSpoolName } from './spool-name.ts'

/** What is older would be refused anyway. */
const MAX_AGE_MS = 7 * 86_400_000
const MAX_FILE_BYTES = 64 << 20
const MAX_FOLDER_BYTES = 256 << 20
const MAX_HEADER_BYTES = 64 << 10
/** A collector touches its mark every few seconds. */
const READER_SILENT_MS = 15_000

export interface SpoolDelivery {
  readonly folder: string
  /** Whether the spool is for this reader. */
  readonly accepts: (spool: SpoolName, header: SpoolHeader) => boolean
  /** False: it cannot be delivered now. */
  readonly deliver: (content: SpoolContent) => Promise<boolean>
  readonly self?: ProcessIdentity
  /** Names of spools that were not accepted. A reader that comes again keeps them, so that their headers are not read in each round. */
  readonly refused?: Set<string>
  /** Whether the refused ones are looked at for their age and size. Default true; once in a while is enough. */
  readonly isThorough?: boolean
}

/** What this thread is delivering: it must not start again on what it holds. */
const inHand = new Set<string>()

/** Delivers every abandoned spool of the folder, one after another, and returns how many. What cannot be read is left where it is. */
export async function deliverSpools(delivery: SpoolDelivery): Promise<number> {
  const self = delivery.self ?? ownIdentity()
  const { refused, isThorough = true } = delivery
  let delivered = 0
  const spools = await spoolsIn(delivery.folder)
  forgetOthers(refused, spools)
  const abandoned = await abandonedOf(isThorough ? spools : spools.filter(({ original }) => !refused?.has(original)), delivery.folder, self)
  for (const spool of abandoned) {
    if (inHand.has(spool.original) || refused?.has(spool.original)) continue
    inHand.add(spool.original)
    try {
      if (await deliverOne(spool, delivery, self)) delivered++
    } catch {
      continue // another reader was faster, or it is not ours to read; a later round or another reader will see
    } finally {
      inHand.delete(spool.original)
    }
  }
  return delivered
}

function forgetOthers(refused: Set<string> | undefined, spools: readonly SpoolName[]): void {
  const present = new Set(spools.map(({ original }) => original))
  for (const name of refused ?? []) if (!present.has(name)) refused?.delete(name)
}

async function spoolsIn(folder: string): Promise<readonly SpoolName[]> {
  return existsSync(folder) ? (await fs.readdir(folder)).flatMap((name) => parseSpoolName(name) ?? []) : []
}

/** Oldest first. Those too old, and the oldest of too many, are removed unread. */
async function abandonedOf(spools: readonly SpoolName[], folder: string, self: ProcessIdentity): Promise<SpoolName[]> {
  const found: { spool: SpoolName; modifiedMs: number; bytes: number }[] = []
  for (const spool of spools) {
    const stat = statSync(path.join(folder, spool.name), { throwIfNoEntry: false })
    if (!stat?.isFile()) continue
    if (spool.name === heldName(spool, self) || isAbandoned(spool, self, () => stat.mtimeMs))
      found.push({ spool, modifiedMs: stat.mtimeMs, bytes: stat.blocks * 512 })
  }
  const kept: SpoolName[] = []
  let bytes = 0
  for (const { spool, modifiedMs, bytes: size } of found.toSorted((a, b) => b.modifiedMs - a.modifiedMs)) {
    bytes += size
    if (bytes <= MAX_FOLDER_BYTES && Date.now() - modifiedMs < MAX_AGE_MS) kept.unshift(spool)
    else await fs.rm(path.join(folder, spool.name), { force: true })
  }
  return kept
}

async function deliverOne(spool: SpoolName, { folder, accepts, deliver, refused }: SpoolDelivery, self: ProcessIdentity): Promise<boolean> {
  const header = readSpoolHeader(await read(path.join(folder, spool.name), MAX_HEADER_BYTES))
  if (!header || !accepts(spool, header)) {
    refused?.add(spool.original)
    return false
  }
  const held = path.join(folder, heldName(spool, self))
  if (spool.name !== path.basename(held)) await fs.rename(path.join(folder, spool.name), held)
  const content = readSpool(await read(held, MAX_FILE_BYTES), await wasHeapFull(header))
  if (content && !(await deliver(content))) return false
  await fs.rm(held, { force: true })
  return true
}

/** Whether Node reported a full heap as the process ended. Its reports are its owner's, and stay where they are. */
async function wasHeapFull({ pid, startedMs, report }: SpoolHeader): Promise<boolean> {
  if (report === undefined) return false
  const names = await fs.readdir(report.folder).catch((): string[] => [])
  const files = names.filter((name) => isReportOf(name, pid, report)).map((name) => path.join(report.folder, name))
  const heads = await Promise.all(files.map((file) => read(file, REPORT_HEAD_BYTES).catch(() => '')))
  return heads.some((head) => saysHeapWasFull(head.toString('latin1'), startedMs))
}

/** The beginning of a regular file of this user's, or of anyone's for root; never what a link leads to, and without waiting for the writer of a FIFO. */
async function read(file: string, maxBytes: number): Promise<Buffer> {
  const handle = await fs.open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const stat = await handle.stat()
    const own = process.getuid?.()
    if (!stat.isFile() || (own !== undefined && own !== 0 && stat.uid !== own)) return Buffer.alloc(0)
    const bytes = Buffer.alloc(Math.min(stat.size, maxBytes))
    let length = 0
    for (;;) {
      const { bytesRead } = await handle.read(bytes, length, bytes.length - length, length)
      length += bytesRead
      if (bytesRead === 0) return bytes.subarray(0, length)
    }
  } finally {
    await handle.close()
  }
}

/** The file by which a collector that listens on `port` says that it reads the folder. */
export function readerMark(folder: string, port: number | string): string {
  return path.join(folder, `reader-${port}`)
}

/** Whether a collector reads the folder for this endpoint. */
export function isRead(folder: string, endpoint: string): boolean {
  const url = URL.parse(endpoint)
  const mark = url && statSync(readerMark(folder, portOf(url)), { throwIfNoEntry: false })
  return mark ? Date.now() - mark.mtimeMs < READER_SILENT_MS : false
}

export function portOf({ port, protocol }: URL): string {
  return port || (protocol === 'https:' ? '443' : '80')
}
