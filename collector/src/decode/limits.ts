/** Bounds of what one item may bring. What goes beyond is cut off and counted, never refused: half a record is better than none. */
export const limits = {
  attributes: 256,
  valueBytes: 65_536,
  /** Names and keys: they go into dictionaries. */
  nameBytes: 1024,
  /** Events and links of a span, exemplars of a point. */
  details: 256,
  /** Buckets of a histogram, bounds and quantiles. */
  buckets: 2048,
  /** Arrays and maps within a value. */
  depth: 16,
} as const

/** The last byte of a text of at most `max` bytes, on a border between characters. */
export function cutAt(bytes: Uint8Array, start: number, end: number, max: number): number {
  if (end - start <= max) return end
  let cut = start + max
  while (cut > start && ((bytes[cut] as number) & 0xc0) === 0x80) cut--
  return cut
}
