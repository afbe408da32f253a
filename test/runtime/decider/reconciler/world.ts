/** A world without processes: performs the reconciler's steps on facts alone, at a time that only the test moves. */
import {
  type Actual,
  asked,
  becameHealthy,
  becameReady,
  becameUnhealthy,
  closed,
  condemned,
  type Desired,
  type DesiredProcess,
  ended,
  type Generation,
  killed,
  killTime,
  nextSteps,
  nothing,
  notOpened,
  observed,
  opened,
  type Policy,
  servingOf,
  started,
  startedPartly,
  type Step,
} from '../../../../runtime/src/decider/reconciler/index.ts'

export const policy: Policy = {
  startPatienceMs: 60_000,
  hangPatienceMs: 30_000,
  drainMs: 10_000,
  stopMs: 5000,
  closeMs: 2000,
  backOffFirstMs: 100,
  backOffMostMs: 10_000,
  healthyAfterMs: 20_000,
  healthDelayMs: 15_000,
  quarantineAfter: 5,
  quarantineRetryMs: 300_000,
}

export function processOf(name: string, more: Partial<DesiredProcess> = {}): DesiredProcess {
  const group = name.replace(/-\d+$/, '')
  return { name, group, kind: 'instance', revision: '1', listeners: ['http'], overlaps: true, stage: 4, policy, ...more }
}

export function desiredOf(processes: readonly DesiredProcess[], more: Partial<Desired> = {}): Desired {
  const ids = [...new Set(processes.flatMap(({ listeners }) => listeners))]
  const listeners = ids.map((id) => ({ id, standInAfterMs: 2000, standInPolicy: policy, isPrivate: id.includes('unix') }))
  return { processes, listeners, parallelStarts: 2, stopping: false, ...more }
}

/** More than any world needs: steps that never end are a defect. */
const MAX_ROUNDS = 2000

export class World {
  now = 1_000_000
  actual: Actual = nothing
  desired: Desired
  canOpen = true
  /** When a process that hangs gave its last sign of life. Default: now. */
  heardAt: number | undefined
  /** All steps so far, with the generations that lived before each. */
  readonly done: Step[] = []
  readonly onStep: (step: Step, world: World) => void
  readonly #dying = new Set<number>()
  #lastId = 0

  constructor(desired: Desired, onStep: (step: Step, world: World) => void = () => {}) {
    this.desired = desired
    this.onStep = onStep
  }

  /** Performs steps until there is nothing to do now. Returns when something becomes due. */
  settle(): number | undefined {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const steps = nextSteps(this.desired, this.actual, this.now)
      const acts = steps.filter((step) => step.do !== 'wait')
      const wait = steps.find((step) => step.do === 'wait')
      for (const step of acts) this.#perform(step)
      if (acts.length > 0) continue
      const dead = [...this.#dying].find((id) => this.actual.generations.some((one) => one.id === id))
      if (dead === undefined) return wait?.until
      this.actual = ended(this.actual, dead, { reason: 'SIGKILL', at: this.now }) // what is killed ends later than the next look
    }
    throw new Error('the steps do not end')
  }

  /** Lets time pass in one go. */
  pass(ms: number): this {
    this.now += ms
    this.settle()
    return this
  }

  ready(name: string): this {
    const generation = this.of(name).findLast(({ state }) => state === 'starting')
    if (!generation) throw new Error(`${name} is not starting`)
    return this.readyId(generation.id)
  }

  readyId(id: number): this {
    this.actual = becameReady(this.actual, id)
    this.settle()
    return this
  }

  /** The newest generation of the process exits. */
  exit(name: string, reason = 'exit code 1'): this {
    return this.endId(this.of(name).at(-1)!.id, reason)
  }

  endId(id: number, reason = 'exit code 1'): this {
    this.actual = ended(this.actual, id, { reason, at: this.now })
    this.settle()
    return this
  }

  own(id: number, ms: number): this {
    this.actual = observed(this.actual, id, ms)
    this.settle()
    return this
  }

  /** Some applications of the newest generation failed to start. */
  partly(name: string, failed: readonly { readonly application: string; readonly message: string }[]): this {
    this.actual = startedPartly(this.actual, this.of(name).at(-1)!.id, failed)
    this.settle()
    return this
  }

  unhealthy(id: number, reason = 'the probe failed'): this {
    this.actual = becameUnhealthy(this.actual, id, reason, this.now)
    this.settle()
    return this
  }

  healthy(id: number): this {
    this.actual = becameHealthy(this.actual, id)
    this.settle()
    return this
  }

  want(desired: Desired): this {
    this.desired = desired
    this.settle()
    return this
  }

  of(name: string): readonly Generation[] {
    return this.actual.generations.filter(({ process }) => process.name === name)
  }

  serving(name: string): Generation | undefined {
    return servingOf(this.actual, name)
  }

  /** `shop-1:ready shop-2:starting`, in the order of their start. */
  get text(): string {
    return this.actual.generations.map(({ process, state }) => `${process.name}:${state}`).join(' ')
  }

  /** From now on nothing fails: what starts becomes ready, what is asked stops. */
  quiet(broken: (generation: Generation) => boolean = () => false): void {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const until = this.settle()
      const first = this.actual.generations.find(({ state }) => state !== 'ready')
      if (first?.state === 'starting' && !broken(first)) this.readyId(first.id)
      else if (first) this.endId(first.id, 'broken')
      else if (until === undefined) return
      else this.now = until
    }
    throw new Error(`no end: ${this.text}`)
  }

  #perform(step: Step): void {
    this.onStep(step, this)
    this.done.push(step)
    if (step.do === 'open')
      this.actual = this.canOpen ? opened(this.actual, step.listener) : notOpened(this.actual, step.listener, this.now)
    if (step.do === 'close') this.actual = closed(this.actual, step.listener)
    if (step.do === 'start') this.actual = started(this.actual, step.process, ++this.#lastId, this.now)
    if (step.do === 'stop') this.actual = asked(this.actual, step.generation, killTime(this.now, step.deadlineMs))
    if (step.do === 'kill') {
      const { generation: id, why } = step
      this.actual =
        why === 'late'
          ? killed(this.actual, id)
          : condemned(this.actual, id, {
              text: why,
              isSlow: why === 'slow',
              ...(why === 'hung' ? { aliveUntil: this.heardAt ?? this.now } : {}),
            })
      this.#dying.add(id)
    }
  }
}
