/** Says what the decider did and saw: in the log, as events and states to management, and to the user who waits for the start. */
import { attr, type EventName, keysOf, objectNameOf } from '@spyglass/agent/contract'
import { kinds } from '@spyglass/mbeans/kinds'
import type { RegistryLink, RegistryMessage, WholePush } from '@spyglass/process/keeper-link'
import type { ChildExit } from '../holder/orders.ts'
import type { DeciderView } from './decider-view.ts'
import type { Failure } from './exit-reason.ts'
import { DownIncidents, noteOf } from './incidents.ts'
import type { KeeperLog } from '../holder/keeper-log.ts'
import type { Memo } from './memo.ts'
import type { Milestones } from './milestones.ts'
import { type Generation, historyOf, servingOf } from './reconciler/index.ts'
import { selfReport, stateOf } from './self-report.ts'
import type { ProcessPlan } from './server-plan.ts'

export interface ReporterOptions {
  readonly decider: DeciderView
  readonly log: KeeperLog
  readonly milestones: Milestones
  /** Connects to management; called once. */
  readonly connect: (options: { source: string; present: () => RegistryMessage; push: () => WholePush }) => RegistryLink
}

export interface Ended {
  readonly generation: Generation
  readonly exit: ChildExit
  readonly failure: Failure
}

export class Reporter {
  readonly #decider: DeciderView
  readonly #log: KeeperLog
  readonly #milestones: Milestones
  readonly #link: RegistryLink
  #incidents = this.#downIncidents()
  #isReady = false
  /** The last reasons from management why the server is not ready. */
  #reasons: readonly string[] = []
  /** Processes whose first attempt is still running, and those whose first attempt failed. */
  readonly #untried: Set<string>
  readonly #failed = new Map<string, Failure>()

  constructor({ decider, log, milestones, connect }: ReporterOptions) {
    this.#decider = decider
    this.#log = log
    this.#milestones = milestones
    this.#untried = new Set(decider.plan.processes.map(({ process }) => process.name))
    this.#link = connect({ source: 'keeper', present: () => this.#present(), push: () => this.#push() })
  }

  get memo(): Pick<Memo, 'isReady' | 'lastReasons' | 'openIncidents'> {
    return { isReady: this.#isReady, lastReasons: this.#reasons, openIncidents: this.#incidents.open }
  }

  /** Goes on where an earlier decider stopped. */
  adopt(memo: Memo | undefined): void {
    const { serverName, processes } = this.#decider.plan
    if (!memo) return this.#log.info({ server: serverName, parts: processes.map(({ process }) => process.name) }, 'keeper started')
    this.#isReady = memo.isReady
    this.#reasons = memo.lastReasons
    this.#incidents = this.#downIncidents(memo.openIncidents)
    this.replanned()
    this.#untried.clear()
    this.#milestones.tellTried(new Map())
    if (memo.isReady) this.#milestones.tellReady()
    this.#log.warn({ server: serverName, holderPid: this.#decider.holderPid }, 'the decider was restarted and is in charge again')
  }

  /** An instance that is no longer planned is not down: its incident ends with it. */
  replanned(why = ''): void {
    if (why !== '') this.#note('spyglass.settings.changed', this.#serverName(), why)
    const planned = new Set(this.#decider.plan.processes.map(({ process }) => instanceName(process.name)))
    for (const [resource] of this.#incidents.open)
      if (!planned.has(resource)) this.#incidents.up(resource, `${keysOf(resource)['name']} was removed while it was down`, {})
  }

  /** What the server is still waiting for before it is ready. */
  pending(): readonly string[] {
    const { plan, actual } = this.#decider
    const starting = plan.processes.filter((one) => stateOf(actual, one) !== 'ready').map(({ process }) => process.name)
    return starting.length > 0 ? starting : this.#reasons
  }

  tick(): void {
    this.#link.push()
  }

  /** `replaced` is the generation that served until now. */
  ready({ id, process, number }: Generation, replaced: Generation | undefined): void {
    const pid = this.#decider.pids.get(id)
    this.#log.info({ part: process.name, generation: number, childPid: pid }, 'ready')
    this.#link.send({ type: 'in-service', source: process.name, pid: pid ?? 0 })
    this.#tried(process.name)
    if (process.kind === 'instance') {
      this.#incidents.up(instanceName(process.name), `instance ${process.name} is ready again`, this.#facts(process.name))
      if (replaced) this.#noteInstance('spyglass.instance.reloaded', process.name, takeOverText(process, replaced))
    }
    this.#link.push()
    this.#checkReady()
  }

  ended({ generation, exit, failure }: Ended): void {
    const { process, state, number } = generation
    const { code, signal } = exit
    const isAsked = state === 'stopping' || this.#decider.isStopping
    if (!isAsked) this.#failedUnasked(generation, failure)
    if (!this.#decider.isStopping) this.#gone(process.name)
    this.#log.info({ part: process.name, generation: number, asked: isAsked, code, signal }, 'process ended')
    this.#link.push()
  }

  /** `stack`: frames of the blocked code, innermost first. */
  hung({ process, number }: Generation, stack: readonly string[]): void {
    this.#log.warn(
      { part: process.name, generation: number, stack },
      stack.length > 0 ? 'blocked in this code' : 'the stack of the blocked code could not be read',
    )
  }

  /** Applications that run in the generation in service failed to start in its successor, which is stopped. */
  refused({ process, number }: Generation, reason: string): void {
    this.#log.warn({ part: process.name, generation: number, reason }, 'the new generation may not take over')
    const serving = servingOf(this.#decider.actual, process.name)
    if (serving) this.#replacementFailed(process, serving, reason)
  }

  /** Its health checks fail, or pass again. */
  health({ process: { name, policy }, number }: Generation, problem: string | undefined): void {
    if (problem === undefined) return this.#log.info({ part: name, generation: number }, 'the health checks pass again')
    this.#log.warn({ part: name, generation: number, reason: problem }, 'the health checks fail; a new generation replaces it')
    this.#noteInstance('spyglass.instance.unhealthy', name, `instance ${name} is unhealthy and is replaced: ${problem}`)
    const { unhealthyInARow } = historyOf(this.#decider.actual, name)
    if (unhealthyInARow !== policy.quarantineAfter) return
    const pause = `it serves on, and the next replacement follows in ${Math.round(policy.quarantineRetryMs / 1000)} s, or at once with spyglass reload ${name}`
    const message = `instance ${name} was replaced ${unhealthyInARow} times in a row and is unhealthy again: ${problem}; ${pause}`
    this.#noteInstance('spyglass.instance.quarantined', name, message)
  }

  cut({ process, number }: Generation, count: number): void {
    this.#log.warn({ part: process.name, generation: number, count }, 'requests were cut: their time to finish was over')
  }

  /** Management has reports from all processes and evaluates them; the server is ready the first time it finds no problem. */
  judged(reasons: readonly string[]): void {
    this.#reasons = reasons
    this.#checkReady()
  }

  listenerFailed(listener: string, message: string): void {
    this.#log.error({ listener, err: message }, 'a listener could not be opened; trying again')
  }

  stopping(): void {
    const { serverName } = this.#decider.plan
    this.#log.info({}, 'keeper stops')
    this.#note('spyglass.server.stopping', this.#serverName(), `server ${serverName} was asked to stop`)
  }

  stopped(): void {
    this.#link.close()
    this.#log.info({}, 'keeper stopped')
    this.#milestones.tellStopped()
  }

  #failedUnasked({ process, number, hasServed }: Generation, failure: Failure): void {
    const { name, kind, policy } = process
    const { actual } = this.#decider
    const reason = failure.message
    const serving = servingOf(actual, name)
    this.#log.warn({ part: name, generation: number, reason }, serving ? 'the new generation failed' : 'exited unexpectedly; restarting it')
    this.#tried(name, failure)
    if (kind === 'stand-in') return
    const { failures } = historyOf(actual, name)
    if (kind === 'service') {
      if (hasServed) this.#note('spyglass.process.restarted', this.#serverName(), `restarting ${name}: ${reason}`, { process: name })
      return
    }
    if (serving) return this.#replacementFailed(process, serving, reason)
    if (!this.#planOf(name)) return // it was removed while it failed
    this.#incidents.down(instanceName(name), `instance ${name} is down: ${reason}`, this.#facts(name))
    if (failures !== policy.quarantineAfter) return
    const pause = `the next attempt follows in ${Math.round(policy.quarantineRetryMs / 1000)} s, or at once with spyglass reload ${name}`
    this.#noteInstance('spyglass.instance.quarantined', name, `instance ${name} failed ${failures} times in a row: ${reason}; ${pause}`)
  }

  #replacementFailed({ name, revision }: Generation['process'], serving: Generation, reason: string): void {
    const what = serving.process.revision === revision ? 'replacement' : 'reload'
    const message = `the ${what} of ${name} failed; the old generation keeps serving: ${reason}`
    this.#noteInstance('spyglass.instance.reload_failed', name, message)
  }

  /** Nobody speaks for the process unless another generation serves. */
  #gone(name: string): void {
    const serving = servingOf(this.#decider.actual, name)
    if (!serving) this.#link.send({ type: 'gone', source: name })
  }

  #tried(name: string, failure?: Failure): void {
    if (!this.#untried.delete(name)) return
    if (failure) this.#failed.set(name, failure)
    if (this.#untried.size === 0) this.#milestones.tellTried(this.#failed)
  }

  #checkReady(): void {
    if (this.#isReady || this.#decider.isStopping || this.#reasons.length > 0 || this.pending().length > 0) return
    this.#isReady = true
    const { serverName } = this.#decider.plan
    this.#note('spyglass.server.started', this.#serverName(), `server ${serverName} is ready`)
    this.#milestones.tellReady()
  }

  #present(): RegistryMessage {
    const { actual, pids } = this.#decider
    const serving = actual.generations.filter(({ state }) => state === 'ready')
    return {
      type: 'present',
      serving: serving.map(({ id, process }) => [process.name, pids.get(id) ?? 0] as const),
      incidents: this.#incidents.open.map(([, incident]) => incident),
    }
  }

  #push(): WholePush {
    const { plan, actual, startedAt, pids, holderPid } = this.#decider
    const snapshot = selfReport({ plan, actual, startedAt, pids, holderPid, now: Date.now() })
    return { type: 'registry', snapshot, unready: [], sockets: plan.sockets }
  }

  #downIncidents(open: Memo['openIncidents'] = []): DownIncidents {
    return new DownIncidents((event) => this.#link.send({ type: 'event', event }), open)
  }

  #facts(name: string): Readonly<Record<string, string | number>> {
    const { actual, pids } = this.#decider
    const { generations: generation, restarts } = historyOf(actual, name)
    const pid = pids.get(servingOf(actual, name)?.id ?? 0)
    const application = this.#planOf(name)?.launch.application
    return {
      instance: name,
      generation,
      restarts,
      ...(pid === undefined ? {} : { pid }),
      ...(application === undefined ? {} : { [attr.application]: application }),
    }
  }

  #planOf(name: string): ProcessPlan | undefined {
    return this.#decider.plan.processes.find(({ process }) => process.name === name)
  }

  #noteInstance(event: EventName, name: string, message: string): void {
    this.#note(event, instanceName(name), message, this.#facts(name))
  }

  #note(name: EventName, resource: string, message: string, attributes: Readonly<Record<string, string | number | boolean>> = {}): void {
    this.#link.send({ type: 'event', event: noteOf({ name, resource, message, attributes, time: Date.now() }) })
  }

  #serverName(): string {
    return objectNameOf(kinds.server, { name: this.#decider.plan.serverName })
  }
}

const takeOverText = ({ name, revision }: Generation['process'], { process, unhealthy = 'it was unhealthy' }: Generation): string =>
  process.revision === revision ? `${name} was replaced by a new generation: ${unhealthy}` : `${name} was reloaded`

const instanceName = (name: string): string => objectNameOf(kinds.instance, { name })
