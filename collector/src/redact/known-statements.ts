/** Statements that were normalised before, by their bytes: an application has few texts. Bounded: a newer one replaces an older one. */
import { copyOf, hashOf, isSame } from './clean-values.ts'
import type { Rule } from './key-rules.ts'

const STATEMENTS = 2048
const MAX_LENGTH = 4096

interface Reading {
  readonly rule: Rule
  /** The database by whose rules it is read. */
  readonly system: string
}

export interface KnownStatement extends Reading {
  /** Undefined: it is in its normal form. */
  readonly safe: Buffer | undefined
}

export class KnownStatements {
  readonly #known: (KnownStatement & { readonly bytes: DataView })[] = []

  find(bytes: DataView, start: number, end: number, { rule, system }: Reading): KnownStatement | undefined {
    if (end - start > MAX_LENGTH) return undefined
    const known = this.#known[hashOf(bytes, start, end) & (STATEMENTS - 1)]
    return known?.rule === rule && known.system === system && isSame(known.bytes, bytes, start, end) ? known : undefined
  }

  add(bytes: DataView, start: number, end: number, statement: KnownStatement): void {
    if (end - start > MAX_LENGTH) return
    this.#known[hashOf(bytes, start, end) & (STATEMENTS - 1)] = { ...statement, bytes: copyOf(bytes, start, end) }
  }
}
