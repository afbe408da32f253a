/** Timers and threads outlive the request that happens to start them: they must neither carry its context nor keep it alive. */
import { AsyncLocalStorage } from 'node:async_hooks'

/** Runs a function in the context in which this module was loaded: that of no request. */
export const outsideContext: <T>(fn: () => T) => T = AsyncLocalStorage.snapshot()
