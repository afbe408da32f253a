/** Starts the helper thread, and counts the turns of this thread's event loop for it. Loaded modules and threads are only those that are needed when it is on. */
import process from 'node:process'
import { MessageChannel, Worker, receiveMessageOnPort } from 'node:worker_threads'
import { guardedInterval, reportFault } from '../guard/guard.ts'
import { BEAT_MS, Beats } from './beats.ts'
import { type BlockMessage, LoopBlocks } from './blocks.ts'
import type { HelperData } from './helper-main.ts'

export type BlockedLoopOptions = Pick<HelperData, 'limitMs' | 'sourceRoot' | 'exporter'>

/** V8 would let a thread grow as large as the application's. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 2, stackSizeMb: 1 }

export function watchBlockedLoop(options: BlockedLoopOptions): LoopBlocks {
  const beats = new Beats()
  const { port1, port2 } = new MessageChannel()
  startHelper({ ...options, memory: beats.memory, port: port2 })
  const read = (): BlockMessage | undefined => receiveMessageOnPort(port1)?.message
  const blocks = new LoopBlocks(options.limitMs, read, performance.now())
  const inspector = process.getBuiltinModule('node:inspector')
  guardedInterval(
    'blocked-loop',
    () => {
      beats.beat(inspector.url() !== undefined)
      blocks.beat(beats.count, performance.now())
    },
    BEAT_MS,
  )
  return blocks
}

/** What the application preloads is not loaded into it, this agent neither. It holds no process open, and takes none with it. */
function startHelper(workerData: HelperData): void {
  const file = new URL(`../blocked-loop/helper-main.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url)
  const helper = new Worker(file, {
    workerData,
    transferList: [workerData.port],
    env: { SPYGLASS_ENABLED: 'off' },
    execArgv: [],
    resourceLimits: RESOURCE_LIMITS,
    name: 'spyglass',
  })
  helper.on('error', (error) => reportFault('blocked-loop.helper', error))
  helper.unref()
}
