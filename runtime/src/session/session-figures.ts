/** What an instance counts of the sessions of one name. */
import { messageOf } from '@spyglass/agent/contract'

export class SessionFigures {
  created = 0
  ended = 0
  expired = 0
  refused = 0
  conflicts = 0
  failures = 0
  cacheHits = 0
  cacheMisses = 0
  readonly rejected = { forged: 0, oversized: 0, unknown: 0 }
  isDown = false
  lastError = ''

  failed(error: unknown): void {
    this.failures++
    this.isDown = true
    this.lastError = messageOf(error)
  }
}
