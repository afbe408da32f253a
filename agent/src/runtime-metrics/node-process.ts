/** What this process holds of the operating system and of libuv, as a resource. */
import { readdirSync } from 'node:fs'
import process from 'node:process'
import { isMainThread } from 'node:worker_threads'
import { nodeProcess } from '../contract/kinds/node-process.ts'
import type { Registry } from '../registry/registry.ts'
import { sampled } from '../registry/sampled.ts'

/** The names of all resources are made for each reading: 10,000 sockets take a millisecond. */
const SHARED_MS = 5000
/** libuv's default and limit of UV_THREADPOOL_SIZE. */
const DEFAULT_THREADS = 4
const MAX_THREADS = 1024
/** Requests that libuv's thread pool serves, of those that Node.js tells. */
const POOLED = /^(?:FSReq(?:Callback|Promise)|Get(?:Addr|Name)InfoReqWrap)$/

export function registerNodeProcess(registry: Registry, processName: string): void {
  const resources = sampled(SHARED_MS, () => process.getActiveResourcesInfo())
  const size = threadPoolSize(process.env['UV_THREADPOOL_SIZE'])
  registry.register(
    nodeProcess,
    { process: processName },
    {
      process: () => processName,
      openFileDescriptors: sampled(SHARED_MS, openFileDescriptors),
      activeResources: () => resources().length,
      threadPoolSize: () => size,
      threadPoolRequests: () => resources().filter((name) => POOLED.test(name)).length,
    },
  )
}

/** Without the one used for counting. Threads share them, so the main one tells. */
export function openFileDescriptors(): number | undefined {
  if (!isMainThread) return undefined
  try {
    return readdirSync('/proc/self/fd').length - 1
  } catch {
    return undefined // no /proc: the attribute is unknown, as its description says
  }
}

/** As libuv reads it. */
export function threadPoolSize(setting: string | undefined): number {
  if (setting === undefined) return DEFAULT_THREADS
  return Math.min(MAX_THREADS, Math.max(1, Number.parseInt(setting, 10) || 1))
}
