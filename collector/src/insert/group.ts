/** Which segments are inserted together. */
import type { TableName } from '@spyglass/agent/contract'
import type { Inserting, SealedSegment } from '../wal/index.ts'

export interface Group {
  segments: readonly SealedSegment[]
  /** Whether parts of it may be in the store. */
  wasTried: boolean
}

/** The maximum of one segment: more would become two parts in the store, and a kill between them would leave half an insert. */
const MAX_BYTES = 67_108_864
const MAX_ROWS = 500_000
const MAX_SEGMENTS = 100

/** Where a trace id is looked up. */
const LOOKUP: TableName = 'otel_traces_trace_id_ts'

export interface GroupOptions {
  /** Names of segments that are inserted alone. */
  readonly alone: ReadonlyMap<string, number>
  /** An INSERT that may be in progress: its segments go first and together. */
  readonly inserting: Inserting | undefined
}

export function nextGroup(queue: readonly SealedSegment[], { alone, inserting }: GroupOptions): Group {
  const begun = queue.filter(({ name }) => inserting?.segments.includes(name))
  return begun.length > 0
    ? { segments: begun, wasTried: true }
    : { segments: firstTogether(queue, alone), wasTried: alone.has(queue[0]?.name ?? '') }
}

function firstTogether(queue: readonly SealedSegment[], alone: ReadonlyMap<string, number>): SealedSegment[] {
  const [first, ...others] = queue
  if (!first) return []
  const together = [first]
  const sum = { bytes: first.bytes, rows: rowsOf(first) }
  for (const segment of others) {
    sum.bytes += segment.bytes
    sum.rows += rowsOf(segment)
    const isFull = sum.bytes > MAX_BYTES || sum.rows > MAX_ROWS || together.length === MAX_SEGMENTS
    if (isFull || bootOf(segment) !== bootOf(first) || alone.has(first.name) || alone.has(segment.name)) break
    together.push(segment)
  }
  return together
}

/** Files of another boot may come from another version, with other columns. */
const bootOf = ({ name }: SealedSegment): string => name.slice(0, name.lastIndexOf('-'))
const rowsOf = ({ content }: SealedSegment): number => Math.max(0, ...[...content.values()].map(({ rows }) => rows))

/** The tables of all; what leads to rows is inserted before the rows: a span found in a list always has its trace. */
export function tablesOf(segments: readonly SealedSegment[]): readonly TableName[] {
  const tables = new Set(segments.flatMap(({ content }) => [...content.keys()]))
  return [...tables].sort((a, b) => Number(b === LOOKUP) - Number(a === LOOKUP))
}
