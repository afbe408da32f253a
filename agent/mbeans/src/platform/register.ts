/** Registers the beans that JVM tools read, with the values of this process. */
import { createRequire } from 'node:module'
import os from 'node:os'
import { dirname } from 'node:path'
import process from 'node:process'
import v8 from 'node:v8'
import { type Getters, type ResourceKeys, type ResourceKind, objectNameOf } from '@spyglass/agent/contract'
import { platformKinds } from '../kinds/index.ts'
import { redactArguments } from '@spyglass/agent/redact'
import { type Registry, sampled } from '@spyglass/agent/registry'
import { garbageCollections, openFileDescriptors } from '@spyglass/agent/runtime-metrics'
import { collectionsOf, GARBAGE_COLLECTIONS } from './garbage-collection.ts'
import { createCpuLoad, fileDescriptorLimit, swapSpace, threads, virtualMemory } from './operating-system.ts'
import { systemProperties } from './runtime-info.ts'

export interface PlatformOptions {
  /** Name of the process: an instance, management, collector, store or snmp-bridge. */
  readonly processName: string
}

/** Registers all platform beans; the result unregisters them. Call it once per process. */
export function registerPlatformBeans(registry: Registry, options: PlatformOptions): () => void {
  const { processName } = options
  const disposers: (() => void)[] = []
  const add: Add = (kind, keys, getters) => disposers.push(registry.register(kind, keys, withoutUnknownNumbers(kind, getters)))
  addMemory(add)
  addRuntime(add, processName)
  addOperatingSystem(add)
  addThreading(add)
  addModules(add)
  disposers.push(addGarbageCollection(add, addMemoryPools(add)))
  return () => {
    for (const dispose of disposers) dispose()
  }
}

/** The interfaces of Java return primitives, so its typed proxies cannot read an unknown number: -1 stands for it, as in Java. */
function withoutUnknownNumbers<K extends ResourceKind>({ attributes }: K, getters: Getters<K>): Getters<K> {
  const known = Object.entries<() => unknown>(getters).map(([name, read]) => {
    const type = attributes[name]?.type
    return [name, type === 'int' || type === 'long' || type === 'double' ? () => read() ?? -1 : read]
  })
  return Object.fromEntries(known) as Getters<K>
}

type Add = <K extends ResourceKind>(kind: K, keys: ResourceKeys, getters: Getters<K>) => void

interface MemoryUsage {
  readonly init: number
  readonly committed: number
  readonly max: number
  readonly used: number
}

/** How long a reading of the heap, or of its spaces, is shared. */
const SAMPLE_MS = 100
/** A reading after a garbage collection costs about 20 µs, and collections may come in hundreds. */
const SAMPLE_COLLECTED_MS = 1000
const { javaMemory, javaRuntime, javaOperatingSystem, javaThreading, javaClassLoading, javaCompilation } = platformKinds
const { javaGarbageCollector, javaMemoryPool, javaBufferPool } = platformKinds

const named = (kind: ResourceKind, keys: ResourceKeys = {}) => {
  const name = objectNameOf(kind, keys)
  return () => name
}

function addMemory(add: Add): void {
  const heap = sampled(SAMPLE_MS, () => v8.getHeapStatistics())
  const atFirst = heap()
  const arrayBuffers = sampled(SAMPLE_MS, () => process.memoryUsage().arrayBuffers)
  add(
    javaMemory,
    {},
    {
      HeapMemoryUsage: (): MemoryUsage => ({
        init: atFirst.total_heap_size,
        committed: heap().total_heap_size,
        max: heap().heap_size_limit,
        used: heap().used_heap_size,
      }),
      NonHeapMemoryUsage: (): MemoryUsage => ({
        init: atFirst.external_memory,
        committed: heap().external_memory,
        max: -1,
        used: heap().external_memory,
      }),
      ObjectPendingFinalizationCount: () => 0,
      Verbose: () => process.execArgv.includes('--trace-gc'),
      ObjectName: named(javaMemory),
    },
  )
  addBufferPool(add, 'direct', { count: () => undefined, bytes: arrayBuffers })
  addBufferPool(add, 'mapped', { count: () => 0, bytes: () => 0 })
}

interface BufferPool {
  readonly count: () => number | undefined
  readonly bytes: () => number
}

function addBufferPool(add: Add, name: string, { count, bytes }: BufferPool): void {
  const keys = { name }
  add(javaBufferPool, keys, {
    Name: () => name,
    Count: count,
    MemoryUsed: bytes,
    TotalCapacity: bytes,
    ObjectName: named(javaBufferPool, keys),
  })
}

function addRuntime(add: Add, processName: string): void {
  const properties = systemProperties(processName)
  const redacted = redactArguments(process.execArgv)
  const startTime = Math.round(performance.timeOrigin)
  add(
    javaRuntime,
    {},
    {
      Name: () => `${process.pid}@${os.hostname()}`,
      Pid: () => process.pid,
      VmName: () => `Node.js (V8 ${process.versions.v8})`,
      VmVendor: () => 'OpenJS Foundation',
      VmVersion: () => process.versions.node,
      SpecName: () => 'ECMAScript',
      SpecVendor: () => 'Ecma International',
      SpecVersion: () => process.versions.v8,
      ManagementSpecVersion: () => '1.2',
      ClassPath: () => process.argv[1] ?? '',
      LibraryPath: () => dirname(process.execPath),
      BootClassPathSupported: () => false,
      StartTime: () => startTime,
      Uptime: () => Math.round(process.uptime() * 1000),
      InputArguments: () => redacted,
      SystemProperties: () => properties,
      ObjectName: named(javaRuntime),
    },
  )
}

function addOperatingSystem(add: Add): void {
  const load = createCpuLoad()
  load() // baseline for the first reading
  const cpu = sampled(1000, () => load())
  const swap = sampled(1000, swapSpace)
  const total = os.totalmem()
  add(
    javaOperatingSystem,
    {},
    {
      Name: () => os.type(),
      Version: () => os.release(),
      Arch: () => os.arch(),
      AvailableProcessors: () => os.availableParallelism(),
      SystemLoadAverage: () => os.loadavg()[0],
      ProcessCpuTime: () => {
        const { user, system } = process.cpuUsage()
        return (user + system) * 1000
      },
      ProcessCpuLoad: () => cpu().process,
      CpuLoad: () => cpu().system,
      SystemCpuLoad: () => cpu().system,
      TotalPhysicalMemorySize: () => total,
      FreePhysicalMemorySize: () => os.freemem(),
      TotalMemorySize: () => total,
      FreeMemorySize: () => os.freemem(),
      CommittedVirtualMemorySize: sampled(1000, virtualMemory),
      TotalSwapSpaceSize: () => swap().total,
      FreeSwapSpaceSize: () => swap().free,
      OpenFileDescriptorCount: sampled(1000, openFileDescriptors),
      MaxFileDescriptorCount: sampled(60_000, fileDescriptorLimit),
      ObjectName: named(javaOperatingSystem),
    },
  )
}

/** Reading the names of all threads costs some 20 file reads: shared for five seconds. */
function addThreading(add: Add): void {
  let peak: number | undefined
  let started: number | undefined
  let before: readonly number[] = []
  const counted = sampled(5000, () => {
    const now = threads()
    if (!now) return undefined
    peak = Math.max(peak ?? 0, now.ids.length)
    started = (started ?? 0) + now.ids.filter((id) => !before.includes(id)).length
    before = now.ids
    return now
  })
  add(
    javaThreading,
    {},
    {
      ThreadCount: () => counted()?.ids.length,
      DaemonThreadCount: () => counted()?.daemon,
      PeakThreadCount: () => {
        counted()
        return peak
      },
      TotalStartedThreadCount: () => {
        counted()
        return started
      },
      AllThreadIds: () => counted()?.ids,
      ThreadContentionMonitoringEnabled: () => false,
      ThreadCpuTimeEnabled: () => false,
      CurrentThreadCpuTimeSupported: () => false,
      ObjectMonitorUsageSupported: () => false,
      SynchronizerUsageSupported: () => false,
      ThreadContentionMonitoringSupported: () => false,
      ThreadCpuTimeSupported: () => false,
      ObjectName: named(javaThreading),
    },
  )
  add(
    javaCompilation,
    {},
    {
      Name: () => `V8 ${process.versions.v8}`,
      TotalCompilationTime: () => counted()?.helperCpuMs,
      CompilationTimeMonitoringSupported: () => counted() !== undefined,
      ObjectName: named(javaCompilation),
    },
  )
}

function addModules(add: Add): void {
  const { cache } = createRequire(import.meta.url)
  let loaded = 0
  let unloaded = 0
  const count = sampled(1000, () => {
    const now = Object.keys(cache).length
    const change = now - (loaded - unloaded)
    if (change > 0) loaded += change
    else unloaded -= change
    return { now, loaded, unloaded }
  })
  add(
    javaClassLoading,
    {},
    {
      LoadedClassCount: () => count().now,
      TotalLoadedClassCount: () => count().loaded,
      UnloadedClassCount: () => count().unloaded,
      Verbose: () => false,
      ObjectName: named(javaClassLoading),
    },
  )
}

function addGarbageCollection(add: Add, onCollected: () => void): () => void {
  for (const [name, pools] of Object.entries(GARBAGE_COLLECTIONS)) {
    const keys = { name }
    add(javaGarbageCollector, keys, {
      Name: () => name,
      CollectionCount: () => collectionsOf(name).count,
      CollectionTime: () => Math.round(collectionsOf(name).timeMs),
      Valid: () => true,
      MemoryPoolNames: () => pools,
      ObjectName: named(javaGarbageCollector, keys),
    })
  }
  return garbageCollections().onCollected(onCollected)
}

/** Returns a function to call after collections. */
function addMemoryPools(add: Add): () => void {
  const spaces = sampled(SAMPLE_MS, () => new Map(v8.getHeapSpaceStatistics().map((space) => [space.space_name, space])))
  const afterCollection: (() => void)[] = []
  for (const [name, atFirst] of spaces()) {
    const keys = { name }
    const collectors = Object.entries(GARBAGE_COLLECTIONS).flatMap(([collector, pools]) => (pools.includes(name) ? collector : []))
    const usage = (): MemoryUsage => {
      const { space_size: committed, space_used_size: used } = spaces().get(name) ?? atFirst
      return { init: atFirst.space_size, committed, max: -1, used }
    }
    let peak = usage()
    let collected: MemoryUsage | undefined
    afterCollection.push(() => (collected = usage()))
    add(javaMemoryPool, keys, {
      Name: () => name,
      Type: () => 'HEAP',
      Usage: usage,
      PeakUsage: () => {
        const now = usage()
        if (now.used > peak.used) peak = now
        return peak
      },
      CollectionUsage: () => collected,
      Valid: () => true,
      MemoryManagerNames: () => collectors,
      UsageThresholdSupported: () => false,
      CollectionUsageThresholdSupported: () => false,
      ObjectName: named(javaMemoryPool, keys),
    })
  }
  return sampled(SAMPLE_COLLECTED_MS, () => {
    for (const note of afterCollection) note()
  })
}
