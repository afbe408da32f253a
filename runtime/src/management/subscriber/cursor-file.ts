/** How far an output has the events of the journal, on disk. It is written a moment after it moved: what a crash costs is that something is told twice. */
import { positionAt } from '@spyglass/agent/contract'
import { type Damage, openStateFile, wrongShape } from '@spyglass/process/durable-file'

export interface Cursor {
  /** The receiver has everything up to here. */
  readonly position: number
  moveTo(position: number): void
  /** Writes it now. */
  save(): void
}

export interface CursorOptions {
  readonly file: string
  readonly onDamage: (damage: Damage) => void
  readonly now?: () => number
}

const SAVE_AFTER_MS = 200
/** Where to begin without a file, so that what happened before this output was there is told as well. */
const BEGIN_BEFORE_MS = 3_600_000

/** What is lost with a damaged file. */
export const damagedCursor = {
  fromPrevious: 'events may be stored a second time',
  lost: 'events of the last hour are stored a second time, and older ones that were not stored are lost',
}

export function openCursor({ file: path, onDamage, now = Date.now }: CursorOptions): Cursor {
  const file = openStateFile({ file: path, parse: positionOf, onDamage })
  let position = file.read()?.position ?? positionAt(now() - BEGIN_BEFORE_MS)
  let timer: NodeJS.Timeout | undefined
  const save = (): void => {
    clearTimeout(timer)
    timer = undefined
    try {
      file.write({ position })
    } catch {
      // management's /ready names the disk; the next move writes again
    }
  }
  return {
    get position() {
      return position
    },
    moveTo(to) {
      position = to
      timer ??= setTimeout(save, SAVE_AFTER_MS).unref()
    },
    save,
  }
}

function positionOf(value: unknown): { readonly position: number } {
  const { position } = (value ?? {}) as { readonly position?: unknown }
  if (typeof position !== 'number') throw wrongShape('it does not hold a position')
  return { position }
}
