/** Explains and cancels statements while one of both settings is on. What they need is loaded when that is so for the first time; what runs before is not followed. */
import type { DriverControl } from '../explain/statement-control.ts'
import { reportFault } from '../guard/guard.ts'
import { runOutside } from '../recorder/context.ts'
import type { Recorder } from '../recorder/recorder.ts'
import type { AgentSettings } from '../settings/settings.ts'

type Settings = Pick<AgentSettings, 'explain' | 'cancelStatements'>

export class ControlledStatements {
  readonly #recorder: Recorder
  /** They may change. */
  readonly #settings: Settings
  /** Kept while both are off: its budget is one of hours. */
  #control: Promise<DriverControl> | undefined

  constructor(recorder: Recorder, settings: Settings) {
    this.#recorder = recorder
    this.#settings = settings
  }

  /** Called at the start, and when the settings have changed. */
  async update(): Promise<void> {
    try {
      if (!this.#isOn()) this.#recorder.control = undefined
      else {
        const control = await (this.#control ??= this.#load())
        if (this.#isOn()) this.#recorder.control = control
      }
    } catch (error) {
      this.#control = undefined
      reportFault('explain', error)
    }
  }

  #isOn(): boolean {
    const { explain, cancelStatements } = this.#settings
    return explain || cancelStatements
  }

  async #load(): Promise<DriverControl> {
    const { DriverControl: Control } = await loaded()
    return new Control({ settings: this.#settings, runOutside, reportFault })
  }
}

/** By its address: it is not in the bundle. */
function loaded(): Promise<{ readonly DriverControl: typeof DriverControl }> {
  const file = new URL(`../explain/statement-control.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url)
  return import(file.href) as ReturnType<typeof loaded>
}
