/**
 * How much of a segment was acknowledged: written after each commit, before the senders are answered. It distinguishes a torn tail, which nobody
 * was promised, from damage. It is not synced before the segment is sealed: after a loss of power it may be behind, and then the entries
 * beyond it still count if they are intact.
 */
import { checkedLine, type Tally, textOfLine } from './journal.ts'

/** Name of the file in the segment's folder. */
export const ACKNOWLEDGED = 'acknowledged'
const COPY_BYTES = 64

/** Two copies, so that one damaged byte does not cost it. */
export function acknowledgedBytes({ entries, requests }: Tally): Buffer {
  const line = checkedLine(JSON.stringify({ entries, requests }))
  const copy = Buffer.alloc(COPY_BYTES, 0)
  line.copy(copy)
  return Buffer.concat([copy, copy])
}

/** Undefined when no copy is intact. */
export function readAcknowledged(bytes: Buffer | undefined): Tally | undefined {
  const copies = [0, COPY_BYTES].flatMap((start) => tallyOf(bytes?.subarray(start, start + COPY_BYTES)) ?? [])
  return copies.toSorted((a, b) => b.entries - a.entries)[0]
}

function tallyOf(copy: Buffer | undefined): Tally | undefined {
  const end = copy?.indexOf(10) ?? -1
  const text = copy && end >= 0 ? textOfLine(copy.subarray(0, end)) : undefined
  return text === undefined ? undefined : (JSON.parse(text) as Tally)
}
