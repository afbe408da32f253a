/** The guard of an application whose admission is configured: what it refuses never reaches the application, and its incidents are events. */
import { type Registry, objectNameOf } from '@spyglass/agent'
import { kinds } from '@spyglass/mbeans/kinds'
import type { Logger } from '@spyglass/process/logger'
import type { Admission, AdmissionSettings, Gate, Overload } from '../../admission/index.ts'
import { retryAfterS } from '../../admission/index.ts'
import type { Guard, Passing } from './guard.ts'

export interface AdmissionGuardOptions {
  readonly name: string
  readonly instance: string
  /** As they are now. */
  readonly settings: () => AdmissionSettings
  readonly healthPath: string | undefined
  readonly admission: Admission
  readonly poolWaitMs: () => number
  readonly registry: Registry
  readonly logger: Logger
}

export class AdmissionGuard implements Guard {
  readonly gate: Gate
  readonly #options: AdmissionGuardOptions
  #incident: { readonly incidentId: string } | undefined

  constructor(options: AdmissionGuardOptions) {
    const { settings, healthPath, poolWaitMs, admission } = options
    this.#options = options
    const report = {
      began: (reason: Overload): void => this.#began(reason),
      ended: (refused: number, durationMs: number): void => this.#ended(refused, durationMs),
    }
    this.gate = admission.open({ settings, healthPath, poolWaitMs, report })
  }

  pass(passing: Passing): boolean {
    const reason = this.gate.reasonAgainst(passing.wholeUrl, passing.contextPath.length)
    if (reason !== undefined) passing.refuse(reason, this.#retryAfter())
    return reason === undefined
  }

  /** What the kind `application` shows of it. */
  getters() {
    const { gate } = this
    return {
      admission: () => gate.state,
      inFlightLimit: () => gate.limit,
      refused: () => gate.refusing.total,
    }
  }

  close(): void {
    this.#options.admission.close(this.gate)
  }

  #retryAfter(): Readonly<Record<string, string>> {
    return { 'retry-after': String(retryAfterS(this.gate.refusingMs)) }
  }

  #began(reason: Overload): void {
    const { name, logger } = this.#options
    this.#incident = this.#emit('spyglass.application.overloaded', `application ${name} refuses requests: ${REASONS[reason]}`, { reason })
    logger.warn({ application: name, reason, incidentId: this.#incident.incidentId }, 'the application refuses requests')
  }

  #ended(refused: number, durationMs: number): void {
    const { name, logger } = this.#options
    const attributes = { refused, durationMs: Math.round(durationMs) }
    this.#emit('spyglass.application.relieved', `application ${name} admits all requests again`, attributes, this.#incident)
    logger.info({ application: name, ...attributes, incidentId: this.#incident?.incidentId }, 'the application admits all requests again')
    this.#incident = undefined
  }

  #emit(
    event: 'spyglass.application.overloaded' | 'spyglass.application.relieved',
    message: string,
    attributes: Readonly<Record<string, string | number>>,
    incident?: { readonly incidentId: string },
  ) {
    const { name, instance, registry } = this.#options
    return registry.emit({
      name: event,
      resource: objectNameOf(kinds.application, { instance, name }),
      message,
      attributes: { application: name, ...attributes },
      ...(incident ? { incidentId: incident.incidentId } : {}),
    })
  }
}

const REASONS: Readonly<Record<Overload, string>> = {
  overloaded_loop: 'its event loop is late',
  overloaded_pool: 'borrowers wait too long for connections of a pool',
  overloaded_latency: 'its answers take too long',
  overloaded_limit: 'maxInFlight requests are under way',
}
