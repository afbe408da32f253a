/** The engine's process: does what the store's process asks over their channel, and ends with it. */
import { createLanes } from './store/engine/lanes.ts'
import type { ToEngine } from './store/engine/messages.ts'

const lanes = createLanes((message) => process.send?.(message))

process.on('message', (message: ToEngine) => lanes.handle(message))
// Nothing is lost by a kill: what is acknowledged is on the disk. An exit would wait for what the engine is doing.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {}) // the store decides when it ends
