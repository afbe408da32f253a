/**
 * LAST-UPDATED of SPYGLASS-MIB follows its content: `npm run docs` compares the digest of the module text with mib-revision.gen.ts and
 * gives a changed text a new date, so that a manager that has loaded an older one can tell.
 */
import { createHash } from 'node:crypto'

export interface MibRevision {
  /** Date of the content, `YYYYMMDDhhmmZ` in UTC (RFC 2578 §2). */
  readonly lastUpdated: string
  /** SHA-256 of the module text with that date left empty. */
  readonly digest: string
}

/** The revision of a text without its date; the previous one if the content has not changed. */
export function revisionOf(text: string, before: MibRevision, now: Date): MibRevision {
  const digest = createHash('sha256').update(text).digest('hex')
  return digest === before.digest ? before : { lastUpdated: `${now.toISOString().replaceAll(/[-T:]/g, '').slice(0, 12)}Z`, digest }
}
