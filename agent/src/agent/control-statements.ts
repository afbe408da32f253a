/** Loads what explains and cancels statements, only when one of both is on. What runs before is not followed. */
import type { DriverControl } from '../explain/statement-control.ts'
import { reportFault } from '../guard/guard.ts'
import { runOutside } from '../recorder/context.ts'
import type { Recorder } from '../recorder/recorder.ts'
import type { AgentSettings } from '../settings/settings.ts'

type Settings = Pick<AgentSettings, 'explain' | 'cancelStatements'>

export async function controlStatements(recorder: Recorder, { explain, cancelStatements }: Settings): Promise<void> {
  try {
    const { DriverControl: Control } = await loaded()
    recorder.control = new Control({ explain, cancelStatements, runOutside, reportFault })
  } catch (error) {
    reportFault('explain', error)
  }
}

/** By its address: it is not in the bundle. */
function loaded(): Promise<{ readonly DriverControl: typeof DriverControl }> {
  const file = new URL(`../explain/statement-control.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url)
  return import(file.href) as ReturnType<typeof loaded>
}
