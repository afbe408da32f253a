/**
 * Names of spool files: `KEY-PID-START-THREAD-SPACE.spool`, then `.ended` once its process has let go of it or `.PID-START-THREAD-SPACE` of the
 * reader that holds it. The key says which application's it is; the rest whether its writer still lives, without opening the file.
 */
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import process from 'node:process'
import { threadId } from 'node:worker_threads'
import { digestOf } from '../sql/digest.ts'

/** A thread of a process so that no other is taken for it. */
export interface ProcessIdentity {
  readonly pid: number
  readonly thread: number
  /** Clock ticks after the boot at which it started; 0 where the system does not say. */
  readonly start: string
  /** 8 hexadecimal digits of the boot and the namespace that its pid belongs to. */
  readonly space: string
}

export interface SpoolName {
  readonly name: string
  /** The name as its writer gave it. */
  readonly original: string
  readonly key: string
  readonly writer: ProcessIdentity
  readonly hasEnded: boolean
  /** Who reads it. */
  readonly holder: ProcessIdentity | undefined
}

const IDENTITY = String.raw`(\d+)-(\d+)-(\d+)-([\da-f]{8})`
const NAME = new RegExp(String.raw`^(([\da-f]{16})-${IDENTITY}\.spool)(\.ended)?(?:\.${IDENTITY})?$`)
/** A process in another space is held to be gone when its file was not written for this long: it writes every ten seconds or so. */
const SILENT_MS = 60_000

export function parseSpoolName(name: string): SpoolName | undefined {
  const parts = NAME.exec(name)
  const [, original, key] = parts ?? []
  const writer = identityOf(parts?.slice(3, 7))
  if (!original || !key || !writer) return undefined
  return { name, original, key, writer, hasEnded: parts?.[7] !== undefined, holder: identityOf(parts?.slice(8)) }
}

function identityOf([pid, start, thread, space]: readonly (string | undefined)[] = []): ProcessIdentity | undefined {
  return start && space ? { pid: Number(pid), start, thread: Number(thread), space } : undefined
}

const identityText = ({ pid, start, thread, space }: ProcessIdentity): string => `${pid}-${start}-${thread}-${space}`

export function spoolName(key: string, writer: ProcessIdentity): string {
  return `${key}-${identityText(writer)}.spool`
}

/** The name under which `holder` reads it. */
export function heldName({ original, hasEnded }: SpoolName, holder: ProcessIdentity): string {
  return `${original}${hasEnded ? '.ended' : ''}.${identityText(holder)}`
}

/** What tells the spools of one application from others': its name, its program and where it sends to. */
export function applicationKey(...parts: readonly string[]): string {
  return digestOf(parts.join('\0'))
}

/** Whether nobody writes or reads the file any more, so that it may be taken. `modifiedMs` is asked only where nothing else tells. */
export function isAbandoned(spool: SpoolName, self: ProcessIdentity, modifiedMs: () => number): boolean {
  const owner = spool.holder ?? spool.writer
  if (spool.hasEnded && !spool.holder) return true
  if (owner.space !== self.space) return Date.now() - modifiedMs() > SILENT_MS
  return startOf(owner.pid) !== owner.start
}

let own: ProcessIdentity | undefined

export function ownIdentity(): ProcessIdentity {
  const { pid } = process
  own ??= { pid, start: startOf(pid) ?? '0', thread: threadId, space: digestOf(spaceText()).slice(0, 8) }
  return own
}

/** Undefined: there is no such process. */
function startOf(pid: number): string | undefined {
  if (process.platform === 'linux') return startByProc(pid)
  try {
    process.kill(pid, 0)
    return '0'
  } catch (error) {
    return (error as { code?: unknown }).code === 'EPERM' ? '0' : undefined
  }
}

/** proc(5): the 22nd field of stat; the second one, in brackets, may hold anything. A zombie writes no more. */
function startByProc(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return /^[ZX]$/.test(fields[0] ?? '') ? undefined : fields[19]
  } catch {
    return undefined // gone
  }
}

function spaceText(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1') + readlinkSync('/proc/self/ns/pid')
  } catch {
    return hostname() // not Linux, or /proc is hidden
  }
}
