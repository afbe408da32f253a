/**
 * A segment as text: a line for each record, with its checksum and its place in the segment. A damaged line costs its own record; the places
 * tell how many are missing. A last line without its end was being written when the process died: nobody was told that it is kept.
 */
import { checkedLine, textOfLine } from '@spyglass/process/durable-file'
import type { JournalRecord } from './journal-state.ts'

export interface SegmentContent {
  readonly records: readonly JournalRecord[]
  /** Records that cannot be read; at the end, where no later record tells their number, lines. */
  readonly lost: number
}

export const segmentLine = (record: JournalRecord, at: number): Buffer => checkedLine(JSON.stringify({ at, ...record }))

export function readSegment(bytes: Buffer): SegmentContent {
  const records: JournalRecord[] = []
  let [expected, unread, lost] = [0, 0, 0]
  for (let start = 0, end = bytes.indexOf(10); end >= 0; start = end + 1, end = bytes.indexOf(10, start)) {
    const found = recordOf(bytes.subarray(start, end))
    if (!found) {
      unread++
      continue
    }
    lost += Math.max(0, found.at - expected)
    expected = found.at + 1
    unread = 0
    records.push(found.record)
  }
  return { records, lost: lost + unread }
}

function recordOf(line: Buffer): { readonly at: number; readonly record: JournalRecord } | undefined {
  const text = textOfLine(line)
  if (text === undefined) return undefined
  const { at, ...record } = JSON.parse(text) as { at: number } & JournalRecord // the checksum proves that we wrote it
  return { at, record }
}
