/**
 * What a program does when it is asked to end: its listeners for signals. The server drains first, so they are kept aside and called when
 * the program's turn has come; a Ctrl-C, which reaches the whole process group, does not end it before.
 */

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const
type Signal = (typeof SIGNALS)[number]
type Listener = (signal: Signal, number?: number) => unknown

export class ProgramSignals {
  readonly #server = new Map(SIGNALS.map((signal) => [signal, new Set(listenersOf(signal))]))
  readonly #taken = new Map<Signal, Listener[]>()

  /** Takes what the program has added since this was made. */
  take(): void {
    for (const signal of SIGNALS) {
      const own = listenersOf(signal).filter((listener) => !this.#server.get(signal)?.has(listener))
      for (const listener of own) process.off(signal, listener)
      this.#taken.set(signal, [...(this.#taken.get(signal) ?? []), ...own])
    }
  }

  /** Calls those for SIGTERM, or else those for SIGINT, and waits for what they return. They may end the process. */
  async run(): Promise<void> {
    this.take()
    const signal = (['SIGTERM', 'SIGINT'] as const).find((each) => (this.#taken.get(each)?.length ?? 0) > 0)
    if (signal) await Promise.all((this.#taken.get(signal) ?? []).map(async (listener) => listener(signal, 15)))
  }
}

const listenersOf = (signal: Signal): Listener[] => process.rawListeners(signal) as Listener[]
