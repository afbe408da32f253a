/**
 * Every hook runs guarded: a fault of the agent must never reach the application. Faults are counted, and the first of each hook is
 * told as a process warning.
 */
import process from 'node:process'

let faults = 0
const told = new Set<string>()

/** Hooks that failed since the process started. */
export function hookFaults(): number {
  return faults
}

export function reportFault(hook: string, error: unknown): void {
  faults++
  if (told.has(hook)) return
  told.add(hook)
  process.emitWarning(`the hook ${hook} failed: ${error instanceof Error ? error.stack : String(error)}`, { type: 'SpyglassWarning' })
}

/** `fn` that throws nothing. */
export function guarded<A extends unknown[]>(hook: string, fn: (...args: A) => void): (...args: A) => void {
  return (...args) => {
    try {
      fn(...args)
    } catch (error) {
      reportFault(hook, error)
    }
  }
}
