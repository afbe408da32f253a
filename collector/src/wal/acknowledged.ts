/**
 * How much of a segment was acknowledged: written after each commit, before the senders are answered. It distinguishes a torn tail, which was never
 * acknowledged, from damage. It is durable before the first entry is written, so a segment without it is damaged. Later counts are not
 * synced before the segment is sealed: after a loss of power it may be behind, and then the entries beyond it still count if they are intact.
 */
import { checkedLine, textOfLine } from '@spyglass/process/durable-file'
import type { Tally } from './journal.ts'

/** Name of the file in the segment's folder. */
export const ACKNOWLEDGED = 'acknowledged'
const COPY_BYTES = 64

/** Two copies, so that one damaged byte does not cost it. */
export function acknowledgedBytes({ entries, requests }: Tally, segment: string): Buffer {
  const line = checkedLine(JSON.stringify({ entries, requests }), segment)
  const copy = Buffer.alloc(COPY_BYTES)
  line.copy(copy)
  return Buffer.concat([copy, copy])
}

/** Undefined when no copy is intact, or they are those of another segment. */
export function readAcknowledged(bytes: Buffer | undefined, segment: string): Tally | undefined {
  const copies = [0, COPY_BYTES].flatMap((start) => tallyOf(bytes?.subarray(start, start + COPY_BYTES), segment) ?? [])
  return copies.toSorted((a, b) => b.entries - a.entries)[0]
}

/** Earlier builds did not bind the count to its segment. */
function tallyOf(copy: Buffer | undefined, segment: string): Tally | undefined {
  const end = copy?.indexOf(10) ?? -1
  const line = copy && end >= 0 ? copy.subarray(0, end) : undefined
  const text = line && (textOfLine(line, segment) ?? textOfLine(line))
  return text === undefined ? undefined : (JSON.parse(text) as Tally)
}
