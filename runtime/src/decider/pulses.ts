/** Measures the own time (own-time.ts) of processes: since their start until they are ready, then since their last sign of life. */
import { OwnTime } from './own-time.ts'

/** The first silent ticks are normal; after that, the kernel is asked what the process does. */
const SILENT_TICKS_TO_LOOK = 3

interface Pulse {
  readonly pid: number
  isReady: boolean
  silentTicks: number
  /** Time of its last sign of life, or of its start. */
  heardAt: number
  time: OwnTime | undefined
}

export class Pulses {
  readonly #pulses = new Map<number, Pulse>()

  /** The process of generation `id` was started. */
  started(id: number, pid: number): void {
    this.#pulses.set(id, { pid, isReady: false, silentTicks: 0, heardAt: Date.now(), time: new OwnTime(pid) })
  }

  ready(id: number): void {
    const pulse = this.#pulses.get(id)
    if (!pulse) return
    pulse.isReady = true
    this.heard(id)
  }

  /** It gave a sign of life. */
  heard(id: number): void {
    const pulse = this.#pulses.get(id)
    if (!pulse?.isReady) return
    pulse.silentTicks = 0
    pulse.heardAt = Date.now()
    pulse.time = undefined
  }

  ended(id: number): void {
    this.#pulses.delete(id)
  }

  /**
   * Called every second. Gives the own time of each generation in milliseconds. A machine that slept does not end its processes on wake-up,
   * because at most two seconds count per tick.
   */
  tick(): ReadonlyMap<number, number> {
    return new Map([...this.#pulses].map(([id, pulse]) => [id, ownMs(pulse)]))
  }

  /** Milliseconds since the epoch. */
  heardAt(id: number): number {
    return this.#pulses.get(id)?.heardAt ?? Date.now()
  }

  /** What the process did in that time: `12.3 s of CPU time, state R`. */
  text(id: number): string {
    return this.#pulses.get(id)?.time?.text ?? ''
  }
}

function ownMs(pulse: Pulse): number {
  if (pulse.isReady && ++pulse.silentTicks < SILENT_TICKS_TO_LOOK) return 0
  if (pulse.time) pulse.time.read()
  else pulse.time = new OwnTime(pulse.pid)
  return pulse.time.ms
}
