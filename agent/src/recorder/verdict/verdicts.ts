/**
 * Gives kept records their verdict. Node reports a garbage collection only when the event loop continues, so records wait until then. A flush does not
 * wait.
 */
import { attr } from '../../contract/telemetry.ts'
import { attempt, guarded } from '../../guard/guard.ts'
import type { AttributesInput } from '../../otlp/records.ts'
import type { LoopEvidence } from './loop-evidence.ts'
import { type VerdictFacts, verdictOf } from './verdict.ts'

/** Where the evidence comes from. */
export interface EvidenceSource {
  /** Takes in what is known by now. */
  update(): void
  since(startMs: number): LoopEvidence
}

interface Undecided {
  readonly facts: VerdictFacts
  readonly send: (verdict: AttributesInput) => void
}

export class Verdicts {
  readonly #source: EvidenceSource
  #undecided: Undecided[] = []
  #isScheduled = false

  constructor(source: EvidenceSource) {
    this.#source = source
  }

  /** Calls `send` once, soon, with the attributes of the root. */
  later(facts: VerdictFacts, send: (verdict: AttributesInput) => void): void {
    this.#undecided.push({ facts, send })
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(guarded('verdict', () => this.settle()))
  }

  /** Decides on what waits. */
  settle(): void {
    this.#isScheduled = false
    const undecided = this.#undecided
    if (undecided.length === 0) return
    this.#undecided = []
    attempt('verdict.evidence', () => this.#source.update(), undefined)
    for (const { facts, send } of undecided) send(attempt('verdict', () => this.#attributesOf(facts), {}))
  }

  #attributesOf(facts: VerdictFacts): AttributesInput {
    const { sentence, causes } = verdictOf(facts, this.#source.since(facts.startMs))
    return { [attr.verdict]: sentence, [attr.verdictCauses]: JSON.stringify(causes) }
  }
}
