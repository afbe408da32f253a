/**
 * Announces errors that were not there before: an event for each fingerprint of a service that has not been seen for as long as rollups are kept. What
 * was seen is in a state file, so that neither a restart nor a store that is away makes old errors new. Errors of strangers are counted only: any program on the machine may send them.
 */
import { join } from 'node:path'
import { attr, incidentId, objectNameOf } from '@spyglass/agent/contract'
import type { EventInput } from '@spyglass/agent/registry'
import { kinds } from '@spyglass/mbeans/kinds'
import { type Damage, openStateFile, type StateFile, wrongShape } from '@spyglass/process/durable-file'
import type { CountedError } from '../rollup/index.ts'

const MAX_KNOWN = 20_000
const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
/** A release that breaks everything must not bury what else happens, nor one service what others do. */
const MAX_EVENTS_PER_MINUTE = 30
const MAX_EVENTS_OF_SERVICE = 10

export const damagedErrors = {
  fromPrevious: 'errors that were new since then are announced again',
  lost: 'known errors are announced as new again',
}

/** Of each error its key and the day it was last seen on. */
type Known = readonly (readonly [key: string, day: number])[]

export interface ErrorWatchOptions {
  readonly stateFolder: string
  readonly onDamage: (damage: Damage) => void
  readonly emit: (event: EventInput) => void
  /** Name of this server: its instances are resources that an event can be about. */
  readonly server: string
  /** Days after which an error that does not occur is forgotten. */
  readonly keptDays: number
  readonly now?: () => number
}

export class ErrorWatch {
  readonly #options: ErrorWatchOptions
  readonly #now: () => number
  readonly #file: StateFile<Known>
  readonly #known: Map<string, number>
  #isSaved = true
  #minute = 0
  #eventsOfMinute = 0
  readonly #eventsOfService = new Map<string, number>()
  #unannounced = 0

  constructor(options: ErrorWatchOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
    this.#file = openStateFile<Known>({
      file: join(options.stateFolder, 'known-errors.json'),
      parse: knownOf,
      onDamage: options.onDamage,
    })
    this.#known = new Map(this.#file.read())
    this.#forgetOld()
  }

  /** Takes in the errors of a request. */
  note(errors: readonly CountedError[]): void {
    const day = this.#today
    for (const error of errors) {
      const key = keyOf(error)
      const seenOn = this.#known.get(key)
      if (seenOn === day) continue
      this.#remember(key, day)
      if (seenOn === undefined) this.#announce(error)
    }
  }

  /** Writes what is new to the disk. Throws what the file system says. */
  save(): void {
    if (this.#isSaved) return
    this.#forgetOld()
    this.#file.write([...this.#known])
    this.#isSaved = true
  }

  get #today(): number {
    return Math.floor(this.#now() / DAY_MS)
  }

  #remember(key: string, day: number): void {
    this.#known.delete(key) // the oldest is first
    this.#known.set(key, day)
    if (this.#known.size > MAX_KNOWN) this.#known.delete(this.#known.keys().next().value ?? '')
    this.#isSaved = false
  }

  #forgetOld(): void {
    const oldest = this.#today - this.#options.keptDays
    for (const [key, day] of this.#known) if (day < oldest) this.#known.delete(key)
  }

  #announce(error: CountedError): void {
    if (!this.#hasRoom(serviceOf(error))) {
      this.#unannounced++
      return
    }
    const event = eventOf(error, { server: this.#options.server, now: this.#now(), unannounced: this.#unannounced })
    this.#unannounced = 0
    this.#options.emit(event)
  }

  #hasRoom(service: string): boolean {
    const minute = Math.floor(this.#now() / MINUTE_MS)
    if (minute !== this.#minute) this.#beginMinute(minute)
    const ofService = this.#eventsOfService.get(service) ?? 0
    if (ofService >= MAX_EVENTS_OF_SERVICE || this.#eventsOfMinute >= MAX_EVENTS_PER_MINUTE) return false
    this.#eventsOfService.set(service, ofService + 1)
    this.#eventsOfMinute++
    return true
  }

  #beginMinute(minute: number): void {
    this.#minute = minute
    this.#eventsOfMinute = 0
    this.#eventsOfService.clear()
  }
}

const serviceOf = ({ server, application, service }: CountedError): string => [server, application, service].join('\n')

function keyOf({ server, application, service, fingerprint }: CountedError): string {
  return [server, application, service, fingerprint].join('\n')
}

interface About {
  readonly server: string
  readonly now: number
  readonly unannounced: number
}

function eventOf(error: CountedError, { server, now, unannounced }: About): EventInput {
  const { fingerprint, service, type, message, location, version } = error
  const resource = resourceOf(error, server)
  const released = version ? `, version ${version}` : ''
  return {
    name: 'spyglass.error.new',
    resource,
    // Two errors may be new in the same millisecond.
    incidentId: incidentId('spyglass.error.new', `${resource}\n${keyOf(error)}`, now),
    time: now,
    message: `new error in ${service}${released}: ${type}: ${message}${location ? ` at ${location}` : ''}`,
    attributes: {
      fingerprint,
      service,
      type,
      location,
      ...(version ? { version } : {}),
      ...(error.application ? { [attr.application]: error.application } : {}),
      ...(unannounced > 0 ? { unannouncedBefore: unannounced } : {}),
    },
  }
}

/** The instance, if it is one of this server: `shop-1@9f8e7d6c`. */
function resourceOf({ server, instance }: CountedError, ownServer: string): string {
  const at = instance.lastIndexOf('@')
  if (server !== ownServer || at < 1) return objectNameOf(kinds.collector, { name: 'collector' })
  return objectNameOf(kinds.instance, { name: instance.slice(0, at) })
}

function knownOf(content: unknown): Known {
  if (!Array.isArray(content) || !content.every(isKnown)) throw wrongShape('it does not contain a list of errors')
  return content
}

function isKnown(item: unknown): item is Known[number] {
  return Array.isArray(item) && typeof item[0] === 'string' && Number.isSafeInteger(item[1])
}
