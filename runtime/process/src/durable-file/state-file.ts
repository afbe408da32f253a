/**
 * A small file of state, as JSON with a checksum. Damage (a torn or empty file, a flipped bit, a value of the wrong shape, a folder in its
 * place, a mode that forbids reading) is never a reason to stay down: the file is set aside under another name, the copy before the last
 * change is used if it is intact, and the opener is told what that costs.
 */
import { rmSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { codeOf, messageOf } from '@spyglass/agent/contract'
import { readText, setAside, writeDurably } from './durable-file.ts'
import { wrongShape } from './errors.ts'

export interface StateFileOptions<T> {
  /** Path of the file; the previous copy is `NAME.previous`. */
  readonly file: string
  /** Converts the result of JSON.parse to the state. Throws, with the reason, if it has another shape. */
  readonly parse: (content: unknown) => T
  readonly onDamage: (damage: Damage) => void
  readonly now?: () => number
}

export interface Damage {
  readonly file: string
  /** What is wrong with it. */
  readonly reason: string
  /** Where it is now; undefined when it could not be moved. */
  readonly setAside: string | undefined
  /** Whether the previous copy was restored. */
  readonly fromPrevious: boolean
}

export interface StateFile<T> {
  readonly file: string
  /** The state; undefined when there is none yet, or it is lost. */
  read(): T | undefined
  /** Replaces it; on the disk when it returns. Throws what the file system says. */
  write(state: T): void
  /** Removes it and its previous copy. Throws what the file system says. */
  remove(): void
}

export function openStateFile<T>(options: StateFileOptions<T>): StateFile<T> {
  const { file, parse, onDamage, now = Date.now } = options
  const previous = `${file}.previous`

  /** Undefined: there is no such file. A damaged one is moved away. */
  function load(path: string): { readonly state: T } | { readonly reason: string; readonly setAside: string | undefined } | undefined {
    try {
      return { state: parse(contentOf(readText(path))) }
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined
      return { reason: reasonOf(error), setAside: moveAway(path, now()) }
    }
  }

  return {
    file,
    read() {
      const found = load(file)
      if (found && 'state' in found) return found.state
      const before = load(previous)
      const recovered = before && 'state' in before ? before : undefined
      if (found) onDamage({ file, reason: found.reason, setAside: found.setAside, fromPrevious: recovered !== undefined })
      return recovered?.state
    },
    remove() {
      for (const path of [file, previous]) rmSync(path, { force: true, recursive: true })
    },
    write(state) {
      const text = JSON.stringify(state)
      writeDurably(file, `{"checksum":"${checksumOf(text)}","state":${text}}\n`, { keepAs: previous })
    },
  }
}

/** Files of early builds contain only the state, without a checksum; a UUID is stored as plain text. */
function contentOf(text: string): unknown {
  if (text.trim() === '') throw wrongShape('it is empty')
  if (/^[\da-f-]{36}\s*$/.test(text)) return text.trim()
  const content: unknown = JSON.parse(text)
  if (typeof content !== 'object' || content === null || !('checksum' in content && 'state' in content)) return content
  const { checksum, state } = content
  if (checksum !== checksumOf(JSON.stringify(state))) throw wrongShape('its checksum is wrong')
  return state
}

const checksumOf = (text: string): string => crc32(text).toString(16).padStart(8, '0')

function reasonOf(error: unknown): string {
  if (codeOf(error) === 'EISDIR') return 'it is a folder'
  if (codeOf(error) === 'EACCES') return 'its owner or mode does not permit reading it'
  return printable(messageOf(error))
}

/** JSON.parse quotes what it cannot read; it may be anything, and the reason goes to a terminal. */
const printable = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}\ufffd]+/gu, '…')

function moveAway(path: string, now: number): string | undefined {
  try {
    return setAside(path, now)
  } catch {
    return undefined // a read-only folder: the next write says so
  }
}
