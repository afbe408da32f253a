/** snmpEngineBoots and snmpEngineTime (RFC 3414 §2.2). */
export const MAX_ENGINE_VALUE = 0x7fff_ffff
/** RFC 3414 §2.2.3: messages outside this window around the engine's time are not authentic. */
export const TIME_WINDOW_SECONDS = 150

export interface EngineClock {
  readonly engineId: Buffer
  readonly boots: number
  /** Seconds since the engine started. */
  time(): number
}

/** Starts a clock. `now` is monotonic, in milliseconds. */
export function createEngineClock(engineId: Buffer, boots: number, now: () => number = () => performance.now()): EngineClock {
  const startedAt = now()
  return { engineId, boots, time: () => Math.min(MAX_ENGINE_VALUE, Math.floor((now() - startedAt) / 1000)) }
}

/** Whether a request to this engine is timely (RFC 3414 §3.2 step 7a): an engine whose boots have reached the maximum accepts nothing. */
export function isTimely(clock: EngineClock, boots: number, time: number): boolean {
  return clock.boots < MAX_ENGINE_VALUE && boots === clock.boots && Math.abs(time - clock.time()) <= TIME_WINDOW_SECONDS
}
