/**
 * Every hook runs guarded: a fault of the agent never reaches the application, neither as an exception nor as output. Faults are counted,
 * and the first one of each hook is passed to one listener, which sends it to the collector.
 */
let faults = 0
const told = new Set<string>()
let tell: ((hook: string, error: unknown) => void) | undefined

/** Hooks that failed since the process started. */
export function hookFaults(): number {
  return faults
}

/** Calls `listener` with the first fault of each hook. There is one listener; a later one replaces it. */
export function onHookFault(listener: (hook: string, error: unknown) => void): void {
  tell = listener
}

export function reportFault(hook: string, error: unknown): void {
  faults++
  if (told.has(hook)) return
  told.add(hook)
  try {
    tell?.(hook, error)
  } catch {
    faults++ // the way out is what fails: the count is all that can be kept
  }
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

/** What `fn` returns, or `otherwise` when it fails. */
export function attempt<T>(hook: string, fn: () => T, otherwise: T): T {
  try {
    return fn()
  } catch (error) {
    reportFault(hook, error)
    return otherwise
  }
}

/** A guarded timer that does not hold the process open. */
export function guardedInterval(hook: string, fn: () => void, ms: number): NodeJS.Timeout {
  return setInterval(guarded(hook, fn), ms).unref()
}
