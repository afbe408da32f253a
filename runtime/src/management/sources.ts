/**
 * Who speaks for what: during a reload two processes of one name are connected, and only the one in service counts. The decider says which
 * that is; what another one pushes or raises before waits.
 */
import type { RegistrySnapshot, SpyglassEvent } from '@spyglass/agent/contract'
import {
  type NumberedMessage,
  type RegistryAnswer,
  type RegistryMessage,
  type RegistrySocket,
  type WholePush,
  withChanges,
} from '@spyglass/process/keeper-link'
import type { Gathering } from './gathering.ts'
import { isEvent } from './event-shape.ts'
import { HeldEvents } from './held-events.ts'
import { withinLimit } from './event-length.ts'
import { isOfInstances, isOwnIncident, isResourceOf, MAX_CHARACTERS } from './instance-events.ts'
import { isMessage } from './message-shape.ts'
import type { EventJournal } from './journal/event-journal.ts'
import type { LeftOutbox } from './outbox-folder.ts'
import { CounterContinuity } from './counter-continuity.ts'
import type { CounterFile } from './counter-file.ts'
import { KEEPER } from './resource-merge.ts'

type Push = Extract<RegistryMessage, { type: 'registry' }>
type Told = Extract<NumberedMessage, { type: 'event' }>

/** One connected process. */
export interface Speaker {
  source: string
  pid: number
  /** Whose numbers its messages have. */
  run: string
  readonly answer: (answer: RegistryAnswer) => void
  isConnected: boolean
  /** What it said last of its resources. */
  known?: RegistrySnapshot
  /** Its last push, while it is not in service. */
  waiting?: WholePush | undefined
  /** Incidents that it raised while it was not in service. */
  readonly held: HeldEvents
  /** The only sources that it may speak for. Default: all. */
  readonly mayBe?: readonly string[] | undefined
}

export interface SourcesOptions {
  readonly gathering: Pick<Gathering, 'pushed' | 'event' | 'gone' | 'onlyThese'>
  readonly journal?: Pick<EventJournal, 'inService' | 'serves' | 'open'>
  /** What processes of this name told before they ended. */
  readonly left?: (source: string) => readonly LeftOutbox[]
  readonly onPush: (source: string) => void
  /** Events of the source were not taken: `count` until now. Called ever more rarely, since the source decides how many there are. */
  readonly onRefused?: (source: string, count: number) => void
  /** The decider says which sockets are to be open. */
  readonly onSockets?: (sockets: readonly RegistrySocket[]) => void
  /** Without it counters begin at 0 when this process does. */
  readonly counters?: CounterFile
}

/** Of one source, whatever number of connections it has. What a process can have to say before it serves is far less. */
const MAX_HELD = 1000

export class Sources {
  readonly #gathering: SourcesOptions['gathering']
  readonly #onPush: SourcesOptions['onPush']
  readonly #onSockets: SourcesOptions['onSockets']
  readonly #onRefused: SourcesOptions['onRefused']
  readonly #refused = new Map<string, number>()
  readonly #speakers = new Set<Speaker>()
  readonly #continuity: CounterContinuity
  readonly #file: CounterFile | undefined
  readonly #inService: Map<string, number>
  readonly #journal: SourcesOptions['journal']
  readonly #left: (source: string) => readonly LeftOutbox[]

  constructor({ gathering, journal, left = () => [], onPush, onRefused, onSockets, counters }: SourcesOptions) {
    this.#gathering = gathering
    this.#journal = journal
    this.#left = left
    this.#onPush = onPush
    this.#onSockets = onSockets
    this.#onRefused = onRefused
    this.#file = counters
    this.#continuity = new CounterContinuity(counters?.read())
    this.#inService = new Map(journal?.inService)
  }

  /** Keeps what was counted so far for the next management. To be called every few seconds, and at the end. A full disk costs continuity, nothing else. */
  save(): void {
    try {
      this.#file?.write(this.#continuity.memory)
    } catch {
      // management's /ready names the disk
    }
  }

  /** A process has connected, which may speak only for the sources in `mayBe`, if there is a list. */
  connected(answer: Speaker['answer'] = () => {}, mayBe?: readonly string[]): Speaker {
    const speaker: Speaker = { source: '', pid: 0, run: '', answer, isConnected: true, held: new HeldEvents(), mayBe }
    this.#speakers.add(speaker)
    return speaker
  }

  disconnected(speaker: Speaker): void {
    Object.assign(speaker, { isConnected: false, waiting: undefined })
    if (speaker.held.size === 0) this.#speakers.delete(speaker)
    this.#continuity.ended(speaker.source, speaker.pid)
    this.save()
    if (speaker.source !== '' && !speaker.mayBe) for (const outbox of this.#left(speaker.source)) this.takeOver(outbox)
  }

  /** Hears what a process has left, as if it said it now. What it said itself counts once. */
  takeOver({ source, pid, run, messages, taken }: LeftOutbox): void {
    const waiting = new Set(messages.map(({ n }) => n))
    const answer = ({ numbers }: RegistryAnswer): void => {
      for (const n of numbers) waiting.delete(n)
      if (waiting.size === 0) taken()
    }
    const speaker: Speaker = { source, pid, run, answer, isConnected: false, held: new HeldEvents() }
    for (const message of messages) this.said(speaker, message)
    if (messages.length === 0) taken()
    if (speaker.held.size > 0) this.#speakers.add(speaker)
  }

  /** Something came over the connection of the speaker. What is no message is dropped. */
  heard(speaker: Speaker, message: unknown): void {
    if (isMessage(message)) this.said(speaker, message)
  }

  said(speaker: Speaker, message: RegistryMessage): void {
    if (message.type === 'hello' && mayBe(speaker, message.source)) {
      const { source, pid, run = '' } = message
      Object.assign(speaker, { source, pid, run })
    }
    if (speaker.source === '') return // it has not said who it is, or it lies
    if (message.type === 'registry') this.#said(speaker, message)
    if (message.type === 'event') this.#heard(speaker, message)
    if (speaker.source === KEEPER) this.#decided(speaker, message)
  }

  #decided(speaker: Speaker, message: RegistryMessage): void {
    if (message.type === 'registry' && message.sockets) this.#onSockets?.(message.sockets)
    if (message.type === 'in-service') this.#takesOver(message.source, message.pid)
    if (message.type === 'gone') this.#gone(message.source)
    if (message.type === 'present') this.#present(message)
    if (message.type === 'in-service' || message.type === 'gone') acknowledge(speaker, message)
  }

  /** An incident that a process raises before it is in service begins when it is; what it raises when another one serves is its own affair. */
  #heard(speaker: Speaker, message: Told): void {
    const event = admitted(speaker, message.event)
    if (!event) return this.#refuse(speaker, message)
    const told = { ...message, event }
    const { phase, incidentId } = event
    if (!speaker.held.has(incidentId) && (phase !== 'raise' || this.#counts(speaker))) return this.#take(speaker, told)
    if (!speaker.held.add(told, this.#heldOf(speaker.source) < MAX_HELD)) this.#refuse(speaker, told)
  }

  #take(speaker: Speaker, told: Told): void {
    const { source, run, mayBe: sources } = speaker
    if (sources && !isOwnIncident(told.event, source, this.#journal?.open ?? []))
      return told.event.phase === 'clear' ? acknowledge(speaker, told) : this.#refuse(speaker, told) // what a reload has ended is ended again
    const key = told.n === undefined || run === '' ? undefined : `${run} ${told.n}`
    this.#gathering.event(told.event, { source, key }, () => acknowledge(speaker, told))
  }

  /** It is acknowledged: the same again would be no better. */
  #refuse(speaker: Speaker, told: Told): void {
    const count = (this.#refused.get(speaker.source) ?? 0) + 1
    this.#refused.set(speaker.source, count)
    if (Number.isInteger(Math.log2(count))) this.#onRefused?.(speaker.source, count)
    acknowledge(speaker, told)
  }

  #heldOf(source: string): number {
    let count = 0
    for (const speaker of this.#speakers) if (speaker.source === source) count += speaker.held.size
    return count
  }

  #said(speaker: Speaker, { snapshot: said, ...push }: Push): void {
    const snapshot = 'resources' in said ? said : speaker.known && withChanges(speaker.known, said)
    if (!snapshot) return // changes of nothing: it has not begun as it must
    speaker.known = snapshot
    this.#pushed(speaker, { ...push, snapshot: ownOf(speaker, snapshot) })
  }

  #pushed(speaker: Speaker, push: WholePush): void {
    const snapshot = speaker.source === KEEPER ? push.snapshot : this.#continuity.pushed(speaker.source, speaker.pid, push.snapshot)
    if (!this.#counts(speaker)) return void (speaker.waiting = push)
    this.#gathering.pushed(speaker.source, snapshot, push.unready)
    this.#onPush(speaker.source)
  }

  #counts({ source, pid }: Speaker): boolean {
    return source === KEEPER || this.#inService.get(source) === pid
  }

  #takesOver(source: string, pid: number): void {
    if (this.#inService.get(source) !== pid) {
      this.#gathering.gone(source) // open incidents and pushes of the previous process no longer count
      this.#inService.set(source, pid)
      this.#journal?.serves({ source, pid })
    }
    for (const speaker of this.#speakersOf(source)) {
      if (speaker.pid !== pid) this.#release(speaker, acknowledge)
      else {
        if (speaker.waiting) this.#pushed(speaker, speaker.waiting)
        speaker.waiting = undefined
        this.#release(speaker, (one, told) => this.#take(one, told))
      }
    }
  }

  #gone(source: string): void {
    this.#inService.delete(source)
    this.#gathering.gone(source)
    this.#journal?.serves({ source })
    for (const speaker of this.#speakersOf(source)) this.#release(speaker, acknowledge)
  }

  #present({ serving, incidents }: Extract<RegistryMessage, { type: 'present' }>): void {
    const names = new Set(serving.map(([source]) => source))
    for (const [source, pid] of serving) this.#takesOver(source, pid)
    for (const source of this.#inService.keys()) if (!names.has(source)) this.#gone(source)
    this.#gathering.onlyThese(names, new Set(incidents))
  }

  #speakersOf(source: string): readonly Speaker[] {
    return [...this.#speakers].filter((speaker) => speaker.source === source)
  }

  #release(speaker: Speaker, to: (speaker: Speaker, told: Told) => void): void {
    if (!speaker.isConnected) this.#speakers.delete(speaker)
    for (const message of speaker.held.take()) to(speaker, message)
  }
}

function acknowledge({ answer }: Speaker, { n }: NumberedMessage): void {
  if (n !== undefined) answer({ type: 'taken', numbers: [n] })
}

const mayBe = ({ mayBe: sources }: Speaker, source: string): boolean => sources === undefined || sources.includes(source)

/** The event if the speaker may tell it. */
function admitted({ mayBe: sources }: Speaker, event: unknown): SpyglassEvent | undefined {
  if (!isEvent(event)) return undefined
  if (sources === undefined) return withinLimit(event)
  return isOfInstances(event, sources) ? withinLimit(event, MAX_CHARACTERS) : undefined
}

/** Changes count by the places of all that it said, so that is what is remembered. */
function ownOf({ mayBe: sources }: Speaker, snapshot: RegistrySnapshot): RegistrySnapshot {
  if (sources === undefined) return snapshot
  return { ...snapshot, resources: snapshot.resources.filter((resource) => isResourceOf(resource, sources)) }
}
