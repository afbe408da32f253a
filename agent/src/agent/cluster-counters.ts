/**
 * Requests that workers of node:cluster serve count for the process that forked them. Workers tell it over their IPC channel, in messages whose `cmd` begins
 * with `NODE_`: Node hands those to listeners of `internalMessage` alone, so that a program sees nothing of them.
 */
import type { Cluster, Worker } from 'node:cluster'
import process from 'node:process'
import type { RequestCounters } from '../current-agent.ts'

export type RequestSums = Pick<RequestCounters, 'requests' | 'errors' | 'requestSeconds' | 'active'>

interface CountersMessage {
  readonly cmd: typeof CMD
  readonly sums: RequestSums
}

const CMD = 'NODE_SPYGLASS_REQUESTS'
const none: RequestSums = { requests: 0, errors: 0, requestSeconds: 0, active: 0 }
const cluster = (): Cluster => process.getBuiltinModule('cluster') as unknown as Cluster

/** Of a primary: what its workers have counted, also those that have ended. */
export class ClusterCounters {
  readonly #told = new Map<number, RequestSums>()

  /** `own` and all workers together. */
  withWorkers(own: RequestSums): RequestSums {
    for (const worker of Object.values(cluster().workers ?? {})) if (worker && !this.#told.has(worker.id)) this.#listenTo(worker)
    return [...this.#told.values()].reduce(plus, own)
  }

  #listenTo(worker: Worker): void {
    this.#told.set(worker.id, none)
    worker.process.on('internalMessage', (message: Partial<CountersMessage>) => {
      if (message.cmd === CMD && message.sums) this.#told.set(worker.id, message.sums)
    })
    worker.once('exit', () => this.#told.set(worker.id, { ...(this.#told.get(worker.id) ?? none), active: 0 }))
  }
}

const plus = (one: RequestSums, other: RequestSums): RequestSums => ({
  requests: one.requests + other.requests,
  errors: one.errors + other.errors,
  requestSeconds: one.requestSeconds + other.requestSeconds,
  active: one.active + other.active,
})

/** Whether this process is a worker. Only a process with an IPC channel can be one; the module is not loaded for others. */
export const isClusterWorker = (): boolean => process.channel !== undefined && cluster().isWorker

/** Of a worker: tells its primary, when something has changed since the last call. */
export function primaryTeller(read: () => RequestSums): () => void {
  let last = JSON.stringify(none)
  return () => {
    const sums = read()
    const text = JSON.stringify(sums)
    if (text === last || !process.connected) return
    last = text
    process.send?.({ cmd: CMD, sums } satisfies CountersMessage, undefined, undefined, () => {}) // a primary that is gone counts no more
  }
}
