/** A thread of the engine's process, with its sessions. */
import { parentPort, workerData } from 'node:worker_threads'
import { type PreparedEngine, sessionOpener } from './store/engine/chdb.ts'
import { createEngineHost } from './store/engine/engine-host.ts'
import type { FromEngine, ToEngine } from './store/engine/messages.ts'

const host = createEngineHost(sessionOpener(workerData as PreparedEngine), (message: FromEngine) => parentPort?.postMessage(message, []))
parentPort?.on('message', (message: ToEngine) => void host.handle(message))
