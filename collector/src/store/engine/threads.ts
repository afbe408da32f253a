/**
 * The threads of the engine's process. The engine begins a streamed answer by a synchronous call, in which it analyses the statement and
 * computes what is constant in it: that can take as long as somebody wants. So each session of a client has a thread of its own, made
 * when it is first used; those of our own statements share the main one.
 */
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { type PreparedEngine, prepareEngine, sessionOpener } from './chdb.ts'
import { createEngineHost, type EngineHost, errorReply } from './engine-host.ts'
import type { FromEngine, ToEngine } from './messages.ts'

const WORKER = fileURLToPath(new URL(`../../store-engine-thread-main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url))

type Send = (message: FromEngine) => void

export interface Threads {
  handle(message: ToEngine): void
}

export function createThreads(send: Send): Threads {
  let prepared: PreparedEngine | undefined
  const hosts = new Map<number, Pick<EngineHost, 'handle'>>()
  const threadOf = new Map<number, number>()

  function hostOf(thread: number): Pick<EngineHost, 'handle'> {
    const known = hosts.get(thread)
    if (known) return known
    const host = thread === 0 ? createEngineHost(sessionOpener(prepared!), send) : threadHost(prepared!, send)
    hosts.set(thread, host)
    return host
  }

  function route(message: ToEngine): void {
    if (message.type === 'prepare') {
      prepared = prepareEngine(message.options)
      return send({ id: message.id, type: 'reply', value: undefined })
    }
    if (message.type === 'open') threadOf.set(message.session, message.thread)
    void hostOf(threadOf.get(message.session) ?? 0).handle(message)
    if (message.type === 'close') threadOf.delete(message.session)
  }

  return {
    handle(message) {
      try {
        route(message)
      } catch (error) {
        send(errorReply(message.id, error))
      }
    },
  }
}

function threadHost(prepared: PreparedEngine, send: Send): Pick<EngineHost, 'handle'> {
  const worker = new Worker(WORKER, { workerData: prepared, resourceLimits: { maxYoungGenerationSizeMb: 2 } })
  worker.on('message', send)
  worker.on('error', (error) => {
    process.stderr.write(`the engine's thread exited: ${error.message}\n`)
    process.exit(1) // the store starts another engine
  })
  return {
    handle: async (message) => worker.postMessage(message, []),
  }
}
