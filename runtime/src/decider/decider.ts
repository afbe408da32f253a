/**
 * Decides which processes run: keeps the facts that the holder reports, asks the reconciler for the next steps, and orders them. What that
 * means to people (log, events, states) is said by reporter.ts. It may die at any time: what it must not forget is in its memo (memo.ts),
 * which the holder keeps.
 */
import type { FailedApplication, FromChild, ToChild } from '@spyglass/process/keeper-link'
import { availableParallelism } from 'node:os'
import { messageOf } from '@spyglass/agent/contract'
import { fail } from '../errors.ts'
import type { ChildExit, LaunchSpec, Order, Report } from '../holder/orders.ts'
import { blockedStack } from './blocked-stack.ts'
import { contentHashes } from './content-hash.ts'
import type { DeciderView } from './decider-view.ts'
import { EndReasons } from './end-reasons.ts'
import { verdictOf } from './exit-reason.ts'
import { type LiveChange, valuesFor } from './live-change.ts'
import { actualFrom, type ChildLabel, type Memo, memoOf } from './memo.ts'
import { Pulses } from './pulses.ts'
import { type AskedOperation, Questions } from './questions.ts'
import {
  type Actual,
  asked,
  becameHealthy,
  becameReady,
  becameUnhealthy,
  beganWaiting,
  closed,
  condemned,
  described,
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
  pardoned,
  servingOf,
  started,
  startedPartly,
  historyOf,
  type Step,
} from './reconciler/index.ts'
import { Reloads } from './reloads.ts'
import { desiredListeners, namesToSettle, Routing } from './routing.ts'
import type { Reporter } from './reporter.ts'
import type { ProcessPlan, ServerPlan } from './server-plan.ts'
import { targetsOf } from './targets.ts'

export interface DeciderOptions {
  readonly plan: ServerPlan
  readonly order: (order: Order) => void
  readonly reporter: (decider: DeciderView) => Reporter
}

export class Decider implements DeciderView {
  actual: Actual = nothing
  /** Process ids of living generations. */
  readonly pids = new Map<number, number>()
  startedAt = Date.now()
  holderPid = 0 // until the holder has said what runs: what was started before would be started twice
  isStopping = false
  /** Whether the server was ready under an earlier decider. */
  wasReady = false
  plan: ServerPlan
  readonly #order: (order: Order) => void
  readonly #reporter: Reporter
  readonly #pulses = new Pulses()
  readonly #questions = new Questions()
  readonly #reloads = new Reloads()
  readonly #routing = new Routing()
  #contentHashes: ReadonlyMap<string, string>
  readonly #reasons = new EndReasons()
  #reloadNumbers: Record<string, number> = {}
  readonly #opening = new Set<string>()
  #lastId = 0
  #timer: NodeJS.Timeout | undefined
  #exitCode = 0
  #isReconciling = false
  #hasEnded = false
  /** The facts as the holder has them for the next decider. */
  #remembered: Actual | undefined

  constructor({ plan, order, reporter }: DeciderOptions) {
    this.plan = plan
    this.#order = order
    this.#reporter = reporter(this)
    this.#contentHashes = contentHashes(plan)
  }

  /** What should run. */
  get desired(): Desired {
    return {
      processes: this.plan.processes.map(({ process }) => ({ ...process, revision: this.#revisionOf(process.name) })),
      listeners: desiredListeners(this.plan),
      parallelStarts: availableParallelism(),
      stopping: this.isStopping,
    }
  }

  onReport(report: Report): void {
    if (report.type === 'state') this.#adopt(report)
    if (report.type === 'opened') this.#opened(report.listener)
    if (report.type === 'not-opened') this.#notOpened(report.listener, report.message)
    if (report.type === 'forked') this.#forked(report.id, report.pid)
    if (report.type === 'exited') this.#exited(report.id, report.exit)
    if (report.type === 'said' && this.#heard(report.id, report.message as FromChild)) return
    if (report.type === 'stop') this.stop()
    this.#reconcile()
  }

  /** Called every second. */
  tick(): void {
    const isRemembered = this.#remembered === this.actual
    for (const [id, ownMs] of this.#pulses.tick()) this.actual = observed(this.actual, id, ownMs)
    if (isRemembered) this.#remembered = this.actual // a new decider measures from the start
    this.#reasons.tick()
    this.#reconcile()
    this.#reporter.tick()
  }

  /** Stops everything; then the holder ends with this exit code. */
  stop(exitCode = 0): void {
    if (this.isStopping) return
    this.isStopping = true
    this.#exitCode = exitCode
    this.#reporter.stopping()
    this.#reloads.giveUp()
    for (const { id } of this.actual.generations) this.#tell(id, { type: 'stopping' })
    this.#reconcile()
  }

  /**
   * Gives processes a new generation: one by name, those of an application, or all instances for an empty target. Resolves with what was done.
   * A reload in progress may have read the files before they changed, so another one follows it, once for everyone who asks in the meantime.
   * @throws SPY_PART_UNKNOWN, SPY_SERVER_REFUSED, SPY_RELOAD_FAILED
   */
  async reload(target: string): Promise<string> {
    const names = targetsOf(this.plan, target)
    if (this.isStopping) throw fail('SPY_SERVER_REFUSED', ['the server is stopping'])
    return this.#reloads.isBusy(names) ? this.#reloads.whenIdle(target, names, () => this.reload(target)) : this.#reloadNow(names)
  }

  /** Has a process carry out an operation of its resource, which may take so long. @throws SPY_INSTANCE_SILENT, SPY_INSTANCE_ANSWER */
  ask(name: string, { operation, arguments: given, answerMs }: AskedOperation): Promise<unknown> {
    const serving = servingOf(this.actual, name)
    if (!serving) throw fail('SPY_INSTANCE_SILENT', [name, 'it does not serve'])
    return this.#questions.ask(name, (id) => this.#tell(serving.id, { type: 'ask', id, operation, arguments: given }), answerMs)
  }

  #reloadNow(names: readonly string[]): Promise<string> {
    const number = Math.max(0, ...Object.values(this.#reloadNumbers)) + 1
    const done = this.#reloads.begin(new Map(names.map((name) => [name, this.#revisionOf(name, number)])), Date.now())
    for (const name of names) {
      this.#reloadNumbers = { ...this.#reloadNumbers, [name]: number }
      this.actual = pardoned(this.actual, name)
    }
    this.#reconcile()
    return done
  }

  /** Takes in another plan: what is made from something else is replaced, what is not in it is stopped. `why`: what was changed, for people. */
  replan(plan: ServerPlan, why = ''): void {
    this.plan = plan
    this.#contentHashes = contentHashes(plan)
    this.#reporter.replanned(why)
    this.#reloads.supersede((name) => (this.planOf(name) ? this.#revisionOf(name) : undefined))
    this.#reconcile()
  }

  /**
   * Settles when the processes of a group serve what they are made from now, and the old ones have ended. Those that are not wanted any more need only be
   * out of service.
   * @throws SPY_RELOAD_FAILED, SPY_SERVER_REFUSED
   */
  async settled(group: string): Promise<void> {
    const names = namesToSettle(group, this.plan, this.actual)
    if (names.length === 0) return
    const done = this.#reloads.await(new Map(names.map((name) => [name, this.planOf(name) && this.#revisionOf(name)])), Date.now())
    this.#reconcile()
    await done
  }

  /** What the server is still waiting for before it is ready. */
  pending(): readonly string[] {
    return this.#reporter.pending()
  }

  /** Gives running processes new values of live settings. */
  live(changes: readonly LiveChange[]): void {
    for (const generation of this.actual.generations) {
      if (!this.#hasChannel(generation)) continue
      const values = valuesFor(generation.process, changes, this.planOf(generation.process.name)?.entries)
      if (values.length > 0) this.#tell(generation.id, { type: 'live', values })
    }
  }

  planOf(name: string): ProcessPlan | undefined {
    return this.plan.processes.find(({ process }) => process.name === name)
  }

  #revisionOf(name: string, reload = this.#reloadNumbers[name] ?? 0): string {
    return `${this.#contentHashes.get(name)}.${reload}`
  }

  #adopt({ memo: given, children, listeners, isStopping, pid }: Extract<Report, { type: 'state' }>): void {
    const memo = given as Memo | undefined
    this.holderPid = pid
    this.wasReady = memo?.isReady ?? false
    this.actual = actualFrom(memo, children, listeners)
    this.#reloadNumbers = { ...memo?.reloads }
    this.startedAt = memo?.startedAt ?? this.startedAt
    this.#lastId = Math.max(0, ...children.map(({ id }) => id), ...(memo?.generations ?? []).map(({ id }) => id))
    this.#reporter.adopt(memo)
    for (const child of children) {
      this.#forked(child.id, child.pid)
      if (child.exit) this.#exited(child.id, child.exit)
      else this.#tell(child.id, { type: 'probe' })
    }
    for (const { id, state } of this.actual.generations) if (state === 'ready') this.#pulses.ready(id)
    if (isStopping) this.stop()
  }

  #reconcile(): void {
    if (this.#isReconciling || this.holderPid === 0) return
    this.#isReconciling = true
    clearTimeout(this.#timer)
    this.#tellAddresses() // first: an application that is about to be stopped gets no more requests
    for (let before: Actual | undefined; before !== this.actual;) {
      before = this.actual
      for (const step of nextSteps(this.desired, this.actual, Date.now())) this.#perform(step)
    }
    this.#isReconciling = false
    this.#tellAddresses()
    this.#reloads.settle(this.actual)
    this.#remember()
    const { generations, listeners } = this.actual
    if (this.isStopping && generations.length === 0 && listeners.length === 0) this.#end()
  }

  #tellAddresses(): void {
    if (!this.isStopping) this.#routing.tell(this.plan, this.actual, (id, message) => this.#tell(id, message))
  }

  #perform(step: Step): void {
    const now = Date.now()
    if (step.do === 'wait') this.#timer = setTimeout(() => this.#reconcile(), Math.max(1, step.until - now)).unref()
    if (step.do === 'open') this.#open(step.listener)
    if (step.do === 'close') {
      this.actual = closed(this.actual, step.listener)
      this.#order({ do: 'close', listener: step.listener })
    }
    if (step.do === 'start') this.#start(step.process, now)
    if (step.do === 'stop') this.#stop(step.generation, step.deadlineMs, now)
    if (step.do === 'kill') this.#kill(step.generation, step.why)
  }

  #open(id: string): void {
    const listener = this.plan.listeners.find((one) => one.id === id)
    if (!listener || this.#opening.has(id)) return
    this.#opening.add(id)
    this.#order({ do: 'open', listener })
  }

  #opened(listener: string): void {
    this.#opening.delete(listener)
    this.actual = opened(this.actual, listener)
  }

  #notOpened(listener: string, message: string): void {
    this.#opening.delete(listener)
    this.actual = notOpened(this.actual, listener, Date.now())
    this.#reporter.listenerFailed(listener, message)
  }

  #start(process: DesiredProcess, now: number): void {
    const id = ++this.#lastId
    this.actual = started(this.actual, process, id, now)
    try {
      this.plan.prepare()
    } catch (error) {
      return this.#ended(id, { error: messageOf(error), code: null, signal: null })
    }
    const { launch, share } = this.#launchOf(process)
    this.#order({ do: 'fork', id, launch, label: { process, startedAt: now } satisfies ChildLabel })
    if (share !== undefined) this.#tell(id, { type: 'share', share })
  }

  #launchOf({ name, listeners }: DesiredProcess): { readonly launch: LaunchSpec; readonly share?: unknown } {
    const plan = this.planOf(name)
    if (plan) return plan
    const byName = Object.fromEntries(listeners.map((id) => [id, id]))
    return { launch: { ...this.plan.standIn, name, listeners: byName, registry: this.plan.registry, hasChannel: true } }
  }

  #stop(id: number, deadlineMs: number, now: number): void {
    this.actual = asked(this.actual, id, killTime(now, deadlineMs))
    const generation = this.#generation(id)
    if (generation && this.#hasChannel(generation)) this.#tell(id, { type: 'stop', deadlineMs })
    else this.#order({ do: 'signal', id, signal: 'SIGTERM' })
  }

  #kill(id: number, why: 'slow' | 'hung' | 'late'): void {
    const generation = this.#generation(id)
    if (generation && why === 'hung') return void this.#killHung(generation)
    if (generation && why === 'slow') this.actual = condemned(this.actual, id, { text: this.#verdict(generation, why), isSlow: true })
    if (why === 'late') this.actual = killed(this.actual, id)
    this.#order({ do: 'signal', id, signal: 'SIGKILL' })
  }

  /** What blocks it is found out first: afterwards nobody can. */
  async #killHung(generation: Generation): Promise<void> {
    const { id } = generation
    const verdict = this.#verdict(generation, 'hung')
    this.actual = condemned(this.actual, id, { text: verdict, aliveUntil: this.#pulses.heardAt(id) })
    const { frames, request } = await blockedStack(this.pids.get(id) ?? 0)
    const whose = request ? `, for ${request.name} (trace ${request.traceId})` : ''
    this.actual = described(this.actual, id, frames[0] === undefined ? verdict : `${verdict}; it was blocked in ${frames[0]}${whose}`)
    this.#reporter.hung(generation, frames)
    this.#order({ do: 'signal', id, signal: 'SIGKILL' })
  }

  #verdict(generation: Generation, why: 'slow' | 'hung'): string {
    const { slowStarts } = historyOf(this.actual, generation.process.name)
    return verdictOf(generation, why, { did: this.#pulses.text(generation.id), slowStarts })
  }

  #forked(id: number, pid: number): void {
    const generation = this.#generation(id)
    if (!generation || pid === 0) return
    this.pids.set(id, pid)
    this.#reasons.started(id, pid)
    if (this.#hasChannel(generation)) this.#pulses.started(id, pid)
    else this.#ready(id) // it gives no signs of life
  }

  #exited(id: number, exit: ChildExit): void {
    this.#ended(id, exit)
    this.#order({ do: 'forget', id })
  }

  #ended(id: number, exit: ChildExit): void {
    const generation = this.#generation(id)
    if (!generation) return
    const failure = this.#reasons.of(generation, exit, {
      reports: this.planOf(generation.process.name)?.reports,
      logFile: this.plan.logFile,
    })
    this.actual = ended(this.actual, id, {
      reason: failure.message,
      kind: failure.kind,
      at: Date.now(),
      isOutside: exit.error !== undefined,
    })
    this.#reasons.forget(id)
    this.#pulses.ended(id)
    this.#reporter.ended({ generation, exit, failure })
    this.pids.delete(id)
  }

  /** Returns whether nothing more is to be done. */
  #heard(id: number, message: FromChild): boolean {
    this.#pulses.heard(id)
    if (message.type === 'ready') this.#ready(id)
    if (message.type === 'partly') this.#startedPartly(id, message.failed)
    if (message.type === 'waiting') this.actual = beganWaiting(this.actual, id, message)
    if (message.type === 'failed') this.#reasons.told(id, message)
    if (message.type === 'health') this.#health(id, message.problem)
    if (message.type === 'cut') this.#cut(id, message.count)
    if (message.type === 'readiness') this.#judged(message.reasons)
    if (message.type === 'command') void this.#obey(id, message)
    if (message.type === 'answer') this.#questions.answered(message)
    return message.type === 'pulse'
  }

  #ready(id: number): void {
    const generation = this.#generation(id)
    if (generation?.state !== 'starting') return
    const replaced = servingOf(this.actual, generation.process.name)
    this.actual = becameReady(this.actual, id)
    this.#pulses.ready(id)
    this.#reporter.ready(generation, replaced)
  }

  #startedPartly(id: number, failed: readonly FailedApplication[]): void {
    this.actual = startedPartly(this.actual, id, failed)
    const generation = this.#generation(id)
    if (generation?.refusal === undefined) this.#tell(id, { type: 'serve' })
    else this.#reporter.refused(generation, generation.refusal)
  }

  #health(id: number, problem: string | undefined): void {
    const generation = this.#generation(id)
    if (generation?.state !== 'ready') return
    this.actual = problem === undefined ? becameHealthy(this.actual, id) : becameUnhealthy(this.actual, id, problem, Date.now())
    this.#reporter.health(generation, problem)
  }

  #judged(reasons: readonly string[]): void {
    this.#reporter.judged(reasons)
    this.#remembered = undefined
  }

  #cut(id: number, count: number): void {
    const generation = this.#generation(id)
    if (generation) this.#reloads.cut(generation.process.name, count)
    if (generation) this.#reporter.cut(generation, count)
  }

  async #obey(asker: number, { id, verb, target }: Extract<FromChild, { type: 'command' }>): Promise<void> {
    try {
      if (verb !== 'reload') throw fail('SPY_SERVER_REFUSED', [`${verb} is not supported`])
      this.#tell(asker, { type: 'result', id, ok: true, message: await this.reload(target) })
    } catch (error) {
      this.#tell(asker, { type: 'result', id, ok: false, message: messageOf(error) })
    }
  }

  #tell(id: number, message: ToChild): void {
    this.#order({ do: 'send', id, message })
  }

  #generation(id: number): Generation | undefined {
    return this.actual.generations.find((generation) => generation.id === id)
  }

  #hasChannel({ process: { name } }: Generation): boolean {
    return this.planOf(name)?.launch.hasChannel ?? true
  }

  #remember(): void {
    const { startedAt } = this
    if (this.#remembered === this.actual) return
    this.#remembered = this.actual
    this.#order({ do: 'remember', memo: memoOf(this.actual, { startedAt, reloads: this.#reloadNumbers, ...this.#reporter.memo }) })
  }

  #end(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    clearTimeout(this.#timer)
    this.#reporter.stopped()
    this.#order({ do: 'end', code: this.#exitCode })
  }
}
