/** How far an output has the events of the journal, on disk. It is written a moment after it moved: what a crash costs is that something is told twice. */
import { positionAt, rememberedPosition } from '@spyglass/agent/contract'
import { type Damage, openStateFile, wrongShape } from '@spyglass/process/durable-file'

export interface Cursor {
  /** The receiver has everything up to here. */
  readonly position: number
  /** Up to here many events were sent at once, and the answer is not known: they must be repeated as they were. */
  readonly sentUntil: number | undefined
  /** To be called before many are sent at once; on the disk when it returns. Undefined: they will not be repeated together. */
  sending(until: number | undefined): void
  moveTo(position: number): void
  /** Writes it now. */
  save(): void
}

export interface CursorOptions {
  readonly file: string
  readonly onDamage: (damage: Damage) => void
  /** Position of the newest event there is. */
  readonly newest?: number
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

export function openCursor({ file: path, onDamage, newest = Infinity, now = Date.now }: CursorOptions): Cursor {
  const file = openStateFile<State>({ file: path, parse: positionOf, onDamage })
  let { position, sentUntil } = file.read() ?? { position: positionAt(now() - BEGIN_BEFORE_MS) }
  position = rememberedPosition(position, newest)
  let timer: NodeJS.Timeout | undefined
  const save = (): void => {
    clearTimeout(timer)
    timer = undefined
    try {
      file.write({ position, sentUntil })
    } catch {
      // management's /ready names the disk; the next move writes again
    }
  }
  return {
    get position() {
      return position
    },
    get sentUntil() {
      return sentUntil
    },
    sending(until) {
      sentUntil = until
      save()
    },
    moveTo(to) {
      position = to
      if (sentUntil !== undefined && sentUntil <= to) sentUntil = undefined
      timer ??= setTimeout(save, SAVE_AFTER_MS).unref()
    },
    save,
  }
}

interface State {
  readonly position: number
  readonly sentUntil?: number | undefined
}

function positionOf(value: unknown): State {
  const { position, sentUntil } = (value ?? {}) as Partial<Record<keyof State, unknown>>
  if (typeof position !== 'number') throw wrongShape('it does not hold a position')
  return { position, sentUntil: typeof sentUntil === 'number' ? sentUntil : undefined }
}
