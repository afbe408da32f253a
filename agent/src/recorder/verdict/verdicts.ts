/**
 * Gives kept records their verdict. Node reports a garbage collection only when the event loop continues, so records wait until then; those for which
 * the loop was busy wait for the samples of a profiler, if there is one. A flush does not wait.
 */
import { attr } from '../../contract/telemetry.ts'
import { attempt, guarded } from '../../guard/guard.ts'
import type { AttributesInput } from '../../otlp/records.ts'
import type { LoopEvidence } from './loop-evidence.ts'
import { type Verdict, type VerdictFacts, verdictOf } from './verdict.ts'

/** Where the evidence comes from. */
export interface EvidenceSource {
  /** Takes in what is known by now. */
  update(): void
  since(startMs: number): LoopEvidence
  /** Undefined while none runs. */
  profiler?(): Sampler | undefined
}

/** A profiler, which knows its samples only when they are taken from it. */
export interface Sampler {
  take(): void
  /** How long it wants to be left alone, in milliseconds. */
  readonly restMs: number
}

interface Undecided {
  readonly facts: VerdictFacts
  readonly send: (verdict: AttributesInput) => void
}

/** Of busy time that nobody saw, above which samples are waited for. */
const MIN_SHARE = 0.05

export class Verdicts {
  readonly #source: EvidenceSource
  #undecided: Undecided[] = []
  #isScheduled = false
  /** For samples. */
  #waiting: Undecided[] = []
  #isSampled = false

  constructor(source: EvidenceSource) {
    this.#source = source
  }

  /** Calls `send` once, soon, with the attributes of the root. */
  later(facts: VerdictFacts, send: (verdict: AttributesInput) => void): void {
    this.#undecided.push({ facts, send })
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(guarded('verdict', () => this.#look()))
  }

  /** Decides on all that wait. */
  settle(): void {
    this.#isScheduled = false
    this.#isSampled = false
    const undecided = [...this.#waiting, ...this.#undecided]
    if (undecided.length === 0) return
    const isWaiting = this.#waiting.length > 0
    this.#waiting = []
    this.#undecided = []
    attempt('verdict.evidence', () => this.#source.update(), undefined)
    if (isWaiting) attempt('verdict.samples', () => this.#source.profiler?.()?.take(), undefined)
    for (const { facts, send } of undecided) send(attempt('verdict', () => attributesOf(this.#on(facts)), {}))
  }

  /** Decides on those that need no samples. */
  #look(): void {
    const profiler = this.#source.profiler?.()
    if (!profiler) return this.settle()
    this.#isScheduled = false
    attempt('verdict.evidence', () => this.#source.update(), undefined)
    for (const one of this.#undecided.splice(0)) {
      const verdict = attempt('verdict', () => this.#on(one.facts), undefined)
      if (verdict && isUncertain(verdict)) this.#waiting.push(one)
      else one.send(verdict ? attributesOf(verdict) : {})
    }
    if (this.#waiting.length === 0 || this.#isSampled) return
    this.#isSampled = true
    const { restMs } = profiler
    if (restMs <= 0) this.settle()
    else
      setTimeout(
        guarded('verdict', () => this.settle()),
        restMs,
      ).unref()
  }

  #on(facts: VerdictFacts): Verdict {
    return verdictOf(facts, this.#source.since(facts.startMs))
  }
}

const isUncertain = ({ causes }: Verdict): boolean => causes.some(({ cause, share }) => cause === 'event_loop' && share >= MIN_SHARE)

const attributesOf = ({ sentence, causes }: Verdict): AttributesInput => ({
  [attr.verdict]: sentence,
  [attr.verdictCauses]: JSON.stringify(causes),
})
