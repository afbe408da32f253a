/**
 * Commits whose connection is lost before the answer came: they may have taken effect or not. The application is told so, with SPY_COMMIT_UNKNOWN; nothing
 * is ever repeated for it.
 */
import { messageOf } from '@spyglass/agent/contract'
import { fail } from '../errors.ts'
import { isConnectionLost } from './refused.ts'
import { mayCommit } from '../statement-class.ts'

export interface CommitWatchOptions {
  readonly name: string
  readonly system: string
  readonly target: () => string
  readonly unknown: () => void
}

/** pg refuses before it sends anything. */
const NEVER_SENT = /not queryable/

export class CommitWatch {
  readonly #options: CommitWatchOptions

  constructor(options: CommitWatchOptions) {
    this.#options = options
  }

  /** The error that the application gets for one of its statement. */
  errorOf(error: unknown, text: string, isInTransaction: boolean): unknown {
    const { name, system, target, unknown } = this.#options
    const message = messageOf(error)
    if (!isConnectionLost(error) || NEVER_SENT.test(message) || !mayCommit(text, system, isInTransaction)) return error
    unknown()
    return fail('SPY_COMMIT_UNKNOWN', [name, target(), message], error)
  }
}
