/**
 * Who speaks for what: during a reload two processes of one name are connected, and only the one in service counts. The decider says which
 * that is; what another one pushes before waits.
 */
import type { RegistryMessage } from '@spyglass/process/keeper-link'
import type { Gathering } from './gathering.ts'
import { CounterContinuity } from './counter-continuity.ts'
import { KEEPER } from './resource-merge.ts'

type Push = Extract<RegistryMessage, { type: 'registry' }>

/** One connected process. */
export interface Speaker {
  source: string
  pid: number
  /** Its last push, while it is not in service. */
  waiting?: Push | undefined
}

export class Sources {
  readonly #gathering: Pick<Gathering, 'pushed' | 'event' | 'gone'>
  readonly #onPush: (source: string) => void
  readonly #speakers = new Set<Speaker>()
  readonly #continuity = new CounterContinuity()
  readonly #inService = new Map<string, number>()

  constructor(gathering: Pick<Gathering, 'pushed' | 'event' | 'gone'>, onPush: (source: string) => void) {
    this.#gathering = gathering
    this.#onPush = onPush
  }

  /** A process has connected. */
  connected(): Speaker {
    const speaker: Speaker = { source: '', pid: 0 }
    this.#speakers.add(speaker)
    return speaker
  }

  disconnected(speaker: Speaker): void {
    this.#speakers.delete(speaker)
    this.#continuity.ended(speaker.source, speaker.pid)
  }

  said(speaker: Speaker, message: RegistryMessage): void {
    if (message.type === 'hello') Object.assign(speaker, { source: message.source, pid: message.pid })
    if (message.type === 'registry') this.#pushed(speaker, message)
    if (message.type === 'event' && (this.#counts(speaker) || message.event.phase !== 'raise')) {
      this.#gathering.event(speaker.source, message.event)
    }
    if (speaker.source !== KEEPER) return
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
