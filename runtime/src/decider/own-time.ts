/**
 * How much own time a process has had: the time that passed, less the time in which its threads could have run and waited for a
 * processor, and less the time its main thread waited for a disk. A deadline in own time ends a process that spins, sleeps or was
 * stopped, and spares one that a busy machine starves. Where the kernel keeps no such figures, all time is its own.
 */
import { processStat, runDelayMs } from '../holder/process-stat.ts'

/** What is read about a process each time. */
export interface TimeSample {
  readonly state: string
  readonly cpuMs: number
  readonly runDelayMs: number
}

export interface OwnTimeOptions {
  readonly sample?: (pid: number) => TimeSample
  /** Milliseconds; does not go back. */
  readonly now?: () => number
  /** At most this much counts between two readings: the reader itself may be starved, or the machine may have slept. */
  readonly mostMs?: number
}

export class OwnTime {
  /** Own time since the first reading. */
  ms = 0
  /** CPU time since the first reading. */
  cpuMs = 0
  state = ''
  readonly #pid: number
  readonly #options: Required<OwnTimeOptions>
  #lastAt: number
  #last: TimeSample

  constructor(pid: number, { sample = sampleOf, now = () => performance.now(), mostMs = 2000 }: OwnTimeOptions = {}) {
    this.#pid = pid
    this.#options = { sample, now, mostMs }
    this.#lastAt = now()
    this.#last = sample(pid)
  }

  /** Takes a reading; once a second is enough. */
  read(): void {
    const { sample, now, mostMs } = this.#options
    const [at, last, next] = [now(), this.#last, sample(this.#pid)]
    const passed = Math.min(at - this.#lastAt, mostMs)
    const waited = Math.max(0, next.runDelayMs - last.runDelayMs)
    if (next.state !== 'D') this.ms += Math.max(0, passed - waited)
    this.cpuMs += Math.max(0, next.cpuMs - last.cpuMs)
    this.state = next.state
    this.#last = next
    this.#lastAt = at
  }

  /** `12.3 s of CPU time, state S`: what it did, for the reason it is ended. */
  get text(): string {
    return `${(this.cpuMs / 1000).toFixed(1)} s of CPU time${this.state === '' ? '' : `, state ${this.state}`}`
  }
}

function sampleOf(pid: number): TimeSample {
  const stat = processStat(pid)
  return { state: stat?.state ?? '', cpuMs: stat?.cpuMs ?? 0, runDelayMs: stat ? runDelayMs(pid) : 0 }
}
