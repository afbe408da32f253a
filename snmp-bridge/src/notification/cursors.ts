/**
 * How far each receiver has the events of the server, on disk: the bridge continues there after a restart, for each of them. It is written a moment after it
 * moved, so that after a crash a notification may be sent again, with the same incident id and phase.
 */
import { positionAt, rememberedPosition } from '@spyglass/agent/contract'
import { type Damage, openStateFile, wrongShape } from '@spyglass/process/durable-file'

export interface Cursors {
  /** Position of the last event that the receiver has. */
  of(receiver: string): number
  moveTo(receiver: string, position: number): void
  /** Position from which some receiver misses events; undefined without receivers. */
  readonly oldest: number | undefined
  /** Writes them now, if they have moved. */
  save(): void
}

export interface CursorsOptions {
  readonly file: string
  readonly receivers: readonly string[]
  /** A failure of the disk: notifications are sent again after a restart. */
  readonly onFailure: (error: unknown) => void
  readonly onDamage?: (damage: Damage) => void
  readonly now?: () => number
}

/** What is lost with a damaged file. */
export const damagedCursors = {
  fromPrevious: 'a notification may be sent a second time',
  lost: 'events of more than a minute ago that were not sent are not sent',
}

const SAVE_AFTER_MS = 100
/** A new receiver hears what happened while the server started, and nothing older. */
const BEGIN_BEFORE_MS = 60_000

type Positions = Readonly<Record<string, number>>

export function openCursors({ file: path, receivers, onFailure, onDamage = () => {}, now = Date.now }: CursorsOptions): Cursors {
  const file = openStateFile<Positions>({ file: path, parse: positionsOf, onDamage })
  const known = file.read() ?? {}
  const begin = positionAt(now() - BEGIN_BEFORE_MS)
  // Only management knows the newest event, but positions are times. Where its clock was ahead and the journal is still there, something is told twice.
  const newest = positionAt(now())
  const positions = new Map(receivers.map((name) => [name, rememberedPosition(known[name] ?? begin, newest)]))
  let timer: NodeJS.Timeout | undefined

  function save(): void {
    if (timer === undefined) return
    clearTimeout(timer)
    timer = undefined
    try {
      file.write(Object.fromEntries(positions))
    } catch (error) {
      onFailure(error)
    }
  }

  return {
    of: (receiver) => positions.get(receiver) ?? begin,
    moveTo(receiver, position) {
      positions.set(receiver, position)
      timer ??= setTimeout(save, SAVE_AFTER_MS).unref()
    },
    get oldest() {
      return positions.size === 0 ? undefined : Math.min(...positions.values())
    },
    save,
  }
}

function positionsOf(value: unknown): Positions {
  if (typeof value !== 'object' || value === null || !Object.values(value).every(Number.isSafeInteger))
    throw wrongShape('it does not hold positions')
  return value as Positions
}
