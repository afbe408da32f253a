/**
 * Who speaks for what: during a reload two processes of one name are connected, and only the one in service counts. The decider says which
 * that is; what another one pushes before waits.
 */
import type { RegistryMessage, RegistrySocket } from '@spyglass/process/keeper-link'
import type { Gathering } from './gathering.ts'
import { CounterContinuity } from './counter-continuity.ts'
import type { CounterFile } from './counter-file.ts'
import { KEEPER } from './resource-merge.ts'

type Push = Extract<RegistryMessage, { type: 'registry' }>

/** One connected process. */
export interface Speaker {
  source: string
  pid: number
  /** Its last push, while it is not in service. */
  waiting?: Push | undefined
  /** The only sources that it may speak for. Default: all. */
  readonly mayBe?: readonly string[] | undefined
}

export interface SourcesOptions {
  readonly gathering: Pick<Gathering, 'pushed' | 'event' | 'gone'>
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
  readonly #inService = new Map<string, number>()

  constructor({ gathering, onPush, onSockets, counters }: SourcesOptions) {
    this.#gathering = gathering
    this.#onPush = onPush
    this.#onSockets = onSockets
    this.#file = counters
    this.#continuity = new CounterContinuity(counters?.read())
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
  connected(mayBe?: readonly string[]): Speaker {
    const speaker: Speaker = { source: '', pid: 0, mayBe }
    this.#speakers.add(speaker)
    return speaker
  }

  disconnected(speaker: Speaker): void {
    this.#speakers.delete(speaker)
    this.#continuity.ended(speaker.source, speaker.pid)
    this.save()
  }

  said(speaker: Speaker, message: RegistryMessage): void {
    if (message.type === 'hello' && mayBe(speaker, message.source)) Object.assign(speaker, { source: message.source, pid: message.pid })
    if (speaker.source === '') return // it has not said who it is, or it lies
    if (message.type === 'registry') this.#pushed(speaker, message)
    if (message.type === 'event' && (this.#counts(speaker) || message.event.phase !== 'raise')) {
      this.#gathering.event(speaker.source, message.event)
    }
    if (speaker.source !== KEEPER) return
    if (message.type === 'registry' && message.sockets) this.#onSockets?.(message.sockets)
    if (message.type === 'in-service') this.#takesOver(message.source, message.pid)
    if (message.type === 'gone') this.#gone(message.source)
  }

  #pushed(speaker: Speaker, push: Push): void {
    const snapshot = speaker.source === KEEPER ? push.snapshot : this.#continuity.pushed(speaker.source, speaker.pid, push.snapshot)
    if (!this.#counts(speaker)) return void (speaker.waiting = push)
    this.#gathering.pushed(speaker.source, snapshot, push.unready)
    this.#onPush(speaker.source)
  }

  #counts({ source, pid }: Speaker): boolean {
    return source === KEEPER || this.#inService.get(source) === pid
  }

  #takesOver(source: string, pid: number): void {
    if (this.#inService.get(source) === pid) return
    this.#gathering.gone(source) // open incidents and pushes of the previous process no longer count
    this.#inService.set(source, pid)
    const speaker = [...this.#speakers].find((one) => one.source === source && one.pid === pid)
    if (speaker?.waiting) this.#pushed(speaker, speaker.waiting)
    if (speaker) speaker.waiting = undefined
  }

  #gone(source: string): void {
    this.#inService.delete(source)
    this.#gathering.gone(source)
  }
}

const mayBe = ({ mayBe: sources }: Speaker, source: string): boolean => sources === undefined || sources.includes(source)
