/**
 * Who speaks for what: during a reload two processes of one name are connected, and only the one in service counts. The decider says which
 * that is; what another one pushes or raises before waits.
 */
import type { RegistrySnapshot } from '@spyglass/agent/contract'
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
  held: readonly Told[]
  /** The only sources that it may speak for. Default: all. */
  readonly mayBe?: readonly string[] | undefined
}

export interface SourcesOptions {
  readonly gathering: Pick<Gathering, 'pushed' | 'event' | 'gone' | 'onlyThese'>
  readonly journal?: Pick<EventJournal, 'inService' | 'serves'>
  /** What processes of this name told before they ended. */
  readonly left?: (source: string) => readonly LeftOutbox[]
  readonly onPush: (source: string) => void
  /** The decider says which sockets are to be open. */
  readonly onSockets?: (sockets: readonly RegistrySocket[]) => void
  /** Without it counters begin at 0 when this process does. */
  readonly counters?: CounterFile
}

export class Sources {
  readonly #gathering: SourcesOptions['gathering']
  readonly #onPush: SourcesOptions['onPush']
  readonly #onSockets: SourcesOptions['onSockets']
  readonly #speakers = new Set<Speaker>()
  readonly #continuity: CounterContinuity
  readonly #file: CounterFile | undefined
  readonly #inService: Map<string, number>
  readonly #journal: SourcesOptions['journal']
  readonly #left: (source: string) => readonly LeftOutbox[]

  constructor({ gathering, journal, left = () => [], onPush, onSockets, counters }: SourcesOptions) {
    this.#gathering = gathering
    this.#journal = journal
    this.#left = left
    this.#onPush = onPush
    this.#onSockets = onSockets
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
    const speaker: Speaker = { source: '', pid: 0, run: '', answer, isConnected: true, held: [], mayBe }
    this.#speakers.add(speaker)
    return speaker
  }

  disconnected(speaker: Speaker): void {
    Object.assign(speaker, { isConnected: false, waiting: undefined })
    if (speaker.held.length === 0) this.#speakers.delete(speaker)
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
    const speaker: Speaker = { source, pid, run, answer, isConnected: false, held: [] }
    for (const message of messages) this.said(speaker, message)
    if (messages.length === 0) taken()
    if (speaker.held.length > 0) this.#speakers.add(speaker)
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
  #heard(speaker: Speaker, told: Told): void {
    if (!isEvent(told.event)) return acknowledge(speaker, told) // the same again would be no better
    const { phase, incidentId } = told.event
    const isHeld = speaker.held.some(({ event }) => event.incidentId === incidentId)
    if (isHeld || (phase === 'raise' && !this.#counts(speaker))) speaker.held = [...speaker.held, told]
    else this.#take(speaker, told)
  }

  #take(speaker: Speaker, told: Told): void {
    const { source, run } = speaker
    const key = told.n === undefined || run === '' ? undefined : `${run} ${told.n}`
    this.#gathering.event(told.event, { source, key }, () => acknowledge(speaker, told))
  }

  #said(speaker: Speaker, { snapshot: said, ...push }: Push): void {
    const snapshot = 'resources' in said ? said : speaker.known && withChanges(speaker.known, said)
    if (!snapshot) return // changes of nothing: it has not begun as it must
    speaker.known = snapshot
    this.#pushed(speaker, { ...push, snapshot })
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
    const { held } = speaker
    speaker.held = []
    if (!speaker.isConnected) this.#speakers.delete(speaker)
    for (const message of held) to(speaker, message)
  }
}

function acknowledge({ answer }: Speaker, { n }: NumberedMessage): void {
  if (n !== undefined) answer({ type: 'taken', numbers: [n] })
}

const mayBe = ({ mayBe: sources }: Speaker, source: string): boolean => sources === undefined || sources.includes(source)
