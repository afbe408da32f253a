/** Finds out why processes ended: what they said themselves, what they printed, and what the system knows of their memory. */
import type { ChildExit } from '../holder/orders.ts'
import { outOfMemory } from './crash-report.ts'
import { type Failure, failureOf } from './exit-reason.ts'
import { KernelKills } from './kernel-kill.ts'
import type { Generation } from './reconciler/index.ts'

interface Traces {
  /** Folder where the process writes a report when it runs out of memory. */
  readonly reports: string | undefined
  readonly logFile: string
}

interface Told {
  readonly code: string
  readonly message: string
}

export class EndReasons {
  readonly #told = new Map<number, Told>()
  readonly #pids = new Map<number, number>()
  readonly #kernelKills = new KernelKills()

  started(id: number, pid: number): void {
    this.#pids.set(id, pid)
    this.#kernelKills.started(id, pid)
  }

  /** What a process said about its failed start. */
  told(id: number, failure: Told): void {
    this.#told.set(id, failure)
  }

  /** Called every second. */
  tick(): void {
    this.#kernelKills.tick()
  }

  of(generation: Generation, exit: ChildExit, { reports, logFile }: Traces): Failure {
    const { id } = generation
    return failureOf({ generation, exit, told: this.#told.get(id), logFile, ofMemory: this.#ofMemory(id, exit, reports) })
  }

  /** It has ended, and was described. */
  forget(id: number): void {
    this.#told.delete(id)
    this.#pids.delete(id)
    this.#kernelKills.ended(id)
  }

  #ofMemory(id: number, { signal }: ChildExit, reports: string | undefined): string | undefined {
    if (signal === 'SIGABRT') return reports && outOfMemory(reports, this.#pids.get(id) ?? 0)
    return signal === 'SIGKILL' ? this.#kernelKills.reason(id) : undefined
  }
}
