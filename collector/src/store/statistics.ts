/**
 * What a statement read from its tables. The library tells only what it returned; but formats that carry statistics have these figures at their
 * end, counted by the engine.
 */

export interface ReadFigures {
  readonly readRows: string
  readonly readBytes: string
  /** Rows that the engine expected to read, if the format tells. */
  readonly totalRowsToRead?: string
}

/** Statistics take less room than this at the end of an answer. */
const TAIL_BYTES = 400

const ENDS: readonly RegExp[] = [
  // JSON, JSONCompact, JSONStrings, JSONColumnsWithMetadata …
  /"statistics":\s*\{\s*"elapsed":\s*[\d.e+-]+,\s*"rows_read":\s*"?(?<readRows>\d+)"?,\s*"bytes_read":\s*"?(?<readBytes>\d+)"?\s*\}\s*\}\s*$/,
  // XML
  /<rows_read>(?<readRows>\d+)<\/rows_read>\s*<bytes_read>(?<readBytes>\d+)<\/bytes_read>\s*<\/statistics>\s*<\/result>\s*$/,
  // JSONEachRowWithProgress …
  /\n\{"progress":\{"read_rows":"(?<readRows>\d+)","read_bytes":"(?<readBytes>\d+)"(,"total_rows_to_read":"(?<totalRowsToRead>\d+)")?[^{}]*\}\}\s*$/,
]

/** The figures at the end of a whole answer; undefined for a format without, or when the client switched them off. */
export function readFigures(answer: Uint8Array, format: string): ReadFigures | undefined {
  if (!/^JSON|^XML$/.test(format)) return undefined
  const tail = Buffer.from(answer.subarray(-TAIL_BYTES)).toString('latin1')
  for (const end of ENDS) {
    const { readRows, readBytes, totalRowsToRead } = end.exec(tail)?.groups ?? {}
    if (readRows !== undefined && readBytes !== undefined) return { readRows, readBytes, ...(totalRowsToRead ? { totalRowsToRead } : {}) }
  }
  return undefined
}
