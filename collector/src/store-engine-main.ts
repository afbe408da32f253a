/** The engine process: executes requests of the store process over their channel, and exits with it. */
import { createThreads } from './store/engine/threads.ts'
import type { ToEngine } from './store/engine/messages.ts'

const threads = createThreads((message) => process.send?.(message))

process.on('message', (message: ToEngine) => threads.handle(message))
// A kill loses nothing: acknowledged data is on disk. An exit would wait for the engine.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {}) // the store decides when it ends
