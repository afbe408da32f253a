/**
 * What a request lost or had changed on its way into the tables. Its sender is informed by the partial success of OTLP
 * (https://opentelemetry.io/docs/specs/otlp/#partial-success-1): how many items, why, and the position of the first of each kind.
 */

interface Tally {
  count: number
  readonly first: string
}

/** Message to the sender about items that would make the request too large in the tables. */
export const TOO_MUCH = 'beyond the limit of one request; send smaller batches'

/** Further reasons are counted under one name, so that a hostile body cannot cause a long answer. */
const MAX_REASONS = 10
const OTHER = 'other reasons'
const MAX_PLACE_LENGTH = 200

export class DecodeReport {
  /** Items that are not stored. */
  rejected = 0
  /** Values, names, attributes and details that were cut off. */
  truncated = 0
  /** Faults: items, and parts of the request around them, that could not be read. */
  broken = 0
  readonly #rejections = new Map<string, Tally>()
  readonly #changes = new Map<string, Tally>()

  reset(): void {
    this.rejected = 0
    this.truncated = 0
    this.broken = 0
    this.#rejections.clear()
    this.#changes.clear()
  }

  /** Items that are not stored; `where` is the place of the first. */
  reject(reason: string, where = '', count = 1): void {
    this.rejected += count
    add(this.#rejections, reason, where, count)
  }

  /** An item that cannot be read. */
  rejectBroken(reason: string, where: string, count = 1): void {
    this.broken++
    this.reject(reason, where, count)
  }

  /** Something too long or too many was cut off: `span names longer than 1024 bytes`. */
  cut(what: string): void {
    this.truncated++
    add(this.#changes, `${what} were cut`, '', 1)
  }

  /** Something was corrected, and its item is stored. */
  change(what: string, where = ''): void {
    add(this.#changes, what, where, 1)
  }

  /** Something that belongs to no single item cannot be read. */
  leaveOut(what: string, where: string): void {
    this.broken++
    this.change(`omitted: ${what}`, where)
  }

  /** The message to the sender; empty if everything was stored as sent. */
  get message(): string {
    const rejected = this.rejected > 0 ? [`${this.rejected} rejected: ${listed(this.#rejections)}`] : []
    const changed = this.#changes.size > 0 ? [`Stored with changes: ${listed(this.#changes)}`] : []
    return [...rejected, ...changed].join('. ')
  }
}

function add(tallies: Map<string, Tally>, reason: string, where: string, count: number): void {
  const name = tallies.has(reason) || tallies.size < MAX_REASONS ? reason : OTHER
  const known = tallies.get(name)
  if (known) known.count += count
  else tallies.set(name, { count, first: where.slice(0, MAX_PLACE_LENGTH) })
}

function listed(tallies: ReadonlyMap<string, Tally>): string {
  return [...tallies]
    .map(([reason, { count, first }]) => `${count} × ${reason}${first === '' ? '' : ` (${count > 1 ? 'first ' : ''}${first})`}`)
    .join('; ')
}
