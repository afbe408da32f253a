/** Bounds of what one item may bring. What goes beyond is cut off, counted and reported; the item itself is stored. */
export const limits = {
  attributes: 256,
  valueBytes: 65_536,
  /** Names and keys: they go into dictionaries. */
  nameBytes: 1024,
  /** Events and links of a span, exemplars of a point. */
  details: 256,
  /** Buckets of a histogram, quantiles of a summary. A point with more is rejected: half of it would be wrong. */
  buckets: 2048,
  /** Arrays and maps within a value. */
  depth: 16,
  /** Items of a request that are examined after they turned out to be broken: each costs an exception. */
  broken: 1000,
} as const
