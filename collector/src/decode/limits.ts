/** Limits for one item. Whatever exceeds them is cut off, counted and reported; the item itself is stored. */
export const limits = {
  attributes: 256,
  valueBytes: 65_536,
  /** Names and keys: they go into dictionaries. */
  nameBytes: 1024,
  /** Events and links of a span, exemplars of a point. */
  details: 256,
  /** Buckets of a histogram, quantiles of a summary. A point with more is rejected, because a truncated one would be wrong. */
  buckets: 2048,
  /** Arrays and maps within a value. */
  depth: 16,
  /** Malformed items of a request after which the rest is skipped: each costs an exception. */
  broken: 1000,
} as const
