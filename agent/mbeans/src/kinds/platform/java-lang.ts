/** The platform beans that JVM-minded tools read, with the honest quantity of Node.js named in each description. */
import { type AttributeDeclaration, type OpenType, declareKind } from '@spyglass/agent/contract'

const memoryUsage = {
  composite: 'java.lang.management.MemoryUsage',
  items: { init: 'long', committed: 'long', max: 'long', used: 'long' },
} as const satisfies OpenType

const stringMap = {
  table: 'java.util.Map<java.lang.String, java.lang.String>',
  row: { key: 'string', value: 'string' },
  index: ['key'],
} as const satisfies OpenType

const objectName = {
  type: 'objectName',
  role: 'text',
  description: 'ObjectName of this MBean.',
} as const satisfies AttributeDeclaration

export const javaMemory = declareKind({
  name: 'javaMemory',
  domain: 'java.lang',
  type: 'Memory',
  keys: [],
  className: 'sun.management.MemoryImpl',
  mxBeans: ['java.lang.management.MemoryMXBean'],
  description: 'Memory of the process: the V8 heap, and what its objects hold outside it.',
  metrics: false,
  attributes: {
    HeapMemoryUsage: {
      type: memoryUsage,
      role: 'gauge',
      unit: 'By',
      description:
        'V8 heap: used is used_heap_size, committed is total_heap_size, max is heap_size_limit, init is what was committed at the first reading.',
    },
    NonHeapMemoryUsage: {
      type: memoryUsage,
      role: 'gauge',
      unit: 'By',
      description:
        'Memory outside the V8 heap that its objects hold (external_memory, array buffers included). It has no limit: max is -1.',
    },
    ObjectPendingFinalizationCount: {
      type: 'int',
      role: 'gauge',
      description: 'Always 0: JavaScript has no finalizers, and V8 does not count pending FinalizationRegistry callbacks.',
    },
    Verbose: { type: 'boolean', role: 'text', description: 'Whether Node.js runs with --trace-gc.' },
    ObjectName: objectName,
  },
})

export const javaRuntime = declareKind({
  name: 'javaRuntime',
  domain: 'java.lang',
  type: 'Runtime',
  keys: [],
  className: 'sun.management.RuntimeImpl',
  mxBeans: ['java.lang.management.RuntimeMXBean'],
  description: 'The Node.js runtime of the process.',
  metrics: false,
  attributes: {
    Name: { type: 'string', role: 'text', description: 'Process id and host: pid@host.' },
    Pid: { type: 'long', role: 'text', description: 'Process id.' },
    VmName: { type: 'string', role: 'text', description: 'Node.js and V8.' },
    VmVendor: { type: 'string', role: 'text', description: 'Vendor of Node.js.' },
    VmVersion: { type: 'string', role: 'text', description: 'Version of Node.js.' },
    SpecName: { type: 'string', role: 'text', description: 'Language: ECMAScript.' },
    SpecVendor: { type: 'string', role: 'text', description: 'Publisher of the language specification.' },
    SpecVersion: { type: 'string', role: 'text', description: 'Version of V8; the language itself has no version here.' },
    ManagementSpecVersion: {
      type: 'string',
      role: 'text',
      description: 'Version of the JMX management specification whose names are used.',
    },
    ClassPath: { type: 'string', role: 'text', description: 'Script that Node.js runs; empty when there is none.' },
    LibraryPath: { type: 'string', role: 'text', description: 'Folder of the Node.js executable.' },
    BootClassPathSupported: { type: 'boolean', role: 'text', description: 'Always false: there is no boot class path.' },
    StartTime: { type: 'long', role: 'text', unit: 'ms', description: 'When the process started, in milliseconds since the epoch.' },
    Uptime: { type: 'long', role: 'gauge', unit: 'ms', description: 'Time since the process started.' },
    InputArguments: {
      type: { array: 'string' },
      role: 'text',
      description: 'Options Node.js was started with (execArgv); values that look like secrets are redacted.',
    },
    SystemProperties: {
      type: stringMap,
      role: 'text',
      description: 'Versions of Node.js and its parts, platform, time zone and name of the process. Environment variables are not shown.',
    },
    ObjectName: objectName,
  },
})

export const javaOperatingSystem = declareKind({
  name: 'javaOperatingSystem',
  domain: 'java.lang',
  type: 'OperatingSystem',
  keys: [],
  className: 'com.sun.management.internal.OperatingSystemImpl',
  mxBeans: [
    'com.sun.management.UnixOperatingSystemMXBean',
    'com.sun.management.OperatingSystemMXBean',
    'java.lang.management.OperatingSystemMXBean',
  ],
  description: 'The operating system, and the resources that the process uses.',
  metrics: false,
  attributes: {
    Name: { type: 'string', role: 'text', description: 'Name of the operating system.' },
    Version: { type: 'string', role: 'text', description: 'Release of the operating system.' },
    Arch: { type: 'string', role: 'text', description: 'Architecture of the processor.' },
    AvailableProcessors: { type: 'int', role: 'gauge', description: 'Number of processors available to the process.' },
    SystemLoadAverage: { type: 'double', role: 'gauge', unit: '1', description: 'Load average over the last minute.' },
    ProcessCpuTime: {
      type: 'long',
      role: 'counter',
      unit: 'ns',
      description: 'CPU time of the process, user and system, in nanoseconds.',
    },
    ProcessCpuLoad: {
      type: 'double',
      role: 'gauge',
      unit: '1',
      description: 'Share of all processors the process used since the last sample; -1 before the second sample.',
    },
    CpuLoad: {
      type: 'double',
      role: 'gauge',
      unit: '1',
      description: 'Share of all processors that was busy since the last sample; -1 before the second sample.',
    },
    SystemCpuLoad: { type: 'double', role: 'gauge', unit: '1', description: 'The same as CpuLoad, under its earlier name.' },
    TotalPhysicalMemorySize: { type: 'long', role: 'gauge', unit: 'By', description: 'Total memory of the machine.' },
    FreePhysicalMemorySize: { type: 'long', role: 'gauge', unit: 'By', description: 'Free memory of the machine.' },
    TotalMemorySize: { type: 'long', role: 'gauge', unit: 'By', description: 'The same as TotalPhysicalMemorySize.' },
    FreeMemorySize: { type: 'long', role: 'gauge', unit: 'By', description: 'The same as FreePhysicalMemorySize.' },
    CommittedVirtualMemorySize: {
      type: 'long',
      role: 'gauge',
      unit: 'By',
      description: 'Virtual memory of the process; V8 reserves most of it and never touches it. Linux only.',
    },
    TotalSwapSpaceSize: { type: 'long', role: 'gauge', unit: 'By', description: 'Total swap space of the machine. Linux only.' },
    FreeSwapSpaceSize: { type: 'long', role: 'gauge', unit: 'By', description: 'Free swap space. Linux only.' },
    OpenFileDescriptorCount: { type: 'long', role: 'gauge', description: 'Number of open file descriptors. Linux only.' },
    MaxFileDescriptorCount: { type: 'long', role: 'gauge', description: 'Maximum number of open file descriptors. Linux only.' },
    ObjectName: objectName,
  },
})

export const javaThreading = declareKind({
  name: 'javaThreading',
  domain: 'java.lang',
  type: 'Threading',
  keys: [],
  className: 'com.sun.management.internal.HotSpotThreadImpl',
  mxBeans: ['java.lang.management.ThreadMXBean'],
  description: 'Threads of the process as counted by the operating system. JavaScript runs on the main thread and on worker threads.',
  metrics: false,
  attributes: {
    ThreadCount: {
      type: 'int',
      role: 'gauge',
      description: 'All threads: main, workers, the libuv pool and V8 helper threads. Linux only.',
    },
    DaemonThreadCount: {
      type: 'int',
      role: 'gauge',
      description: 'Threads that run no JavaScript: the libuv pool and V8 helper threads. Linux only.',
    },
    PeakThreadCount: { type: 'int', role: 'gauge', description: 'Highest number of threads seen when read. Linux only.' },
    TotalStartedThreadCount: {
      type: 'long',
      role: 'counter',
      description: 'Threads started, as far as seen when read: a thread that starts and ends between two reads is missed. Linux only.',
    },
    AllThreadIds: { type: { array: 'long' }, role: 'text', description: 'Thread ids assigned by the operating system. Linux only.' },
    ThreadContentionMonitoringEnabled: { type: 'boolean', role: 'text', description: 'Always false.' },
    ThreadCpuTimeEnabled: { type: 'boolean', role: 'text', description: 'Always false.' },
    CurrentThreadCpuTimeSupported: {
      type: 'boolean',
      role: 'text',
      description: 'Always false: Node.js does not measure this per thread.',
    },
    ObjectMonitorUsageSupported: { type: 'boolean', role: 'text', description: 'Always false: JavaScript has no monitors.' },
    SynchronizerUsageSupported: { type: 'boolean', role: 'text', description: 'Always false: JavaScript has no ownable synchronizers.' },
    ThreadContentionMonitoringSupported: { type: 'boolean', role: 'text', description: 'Always false: Node.js does not measure this.' },
    ThreadCpuTimeSupported: { type: 'boolean', role: 'text', description: 'Always false: Node.js does not measure this per thread.' },
    ObjectName: objectName,
  },
})

export const javaClassLoading = declareKind({
  name: 'javaClassLoading',
  domain: 'java.lang',
  type: 'ClassLoading',
  keys: [],
  className: 'sun.management.ClassLoadingImpl',
  mxBeans: ['java.lang.management.ClassLoadingMXBean'],
  description: 'The closest thing to loaded classes: modules.',
  metrics: false,
  attributes: {
    LoadedClassCount: {
      type: 'int',
      role: 'gauge',
      description: 'CommonJS modules in the module cache. ES modules are not counted: Node.js does not expose their number.',
    },
    TotalLoadedClassCount: {
      type: 'long',
      role: 'counter',
      description: 'Cumulative growth of LoadedClassCount: modules loaded since monitoring began, plus those already loaded then.',
    },
    UnloadedClassCount: {
      type: 'long',
      role: 'counter',
      description: 'Cumulative decline of LoadedClassCount: modules removed from the cache.',
    },
    Verbose: { type: 'boolean', role: 'text', description: 'Always false: modules are not logged as they load.' },
    ObjectName: objectName,
  },
})

export const javaCompilation = declareKind({
  name: 'javaCompilation',
  domain: 'java.lang',
  type: 'Compilation',
  keys: [],
  className: 'sun.management.CompilationImpl',
  mxBeans: ['java.lang.management.CompilationMXBean'],
  description: 'The just-in-time compiler of V8.',
  metrics: false,
  attributes: {
    Name: { type: 'string', role: 'text', description: 'V8 and its version.' },
    TotalCompilationTime: {
      type: 'long',
      role: 'counter',
      unit: 'ms',
      description:
        'CPU time of the V8 helper threads, which compile and collect garbage in parallel with the main thread; V8 does not separate the two. Linux only.',
    },
    CompilationTimeMonitoringSupported: {
      type: 'boolean',
      role: 'text',
      description: 'Whether TotalCompilationTime is known.',
    },
    ObjectName: objectName,
  },
})

export const javaGarbageCollector = declareKind({
  name: 'javaGarbageCollector',
  domain: 'java.lang',
  type: 'GarbageCollector',
  keys: ['name'],
  className: 'com.sun.management.internal.GarbageCollectorExtImpl',
  mxBeans: ['java.lang.management.GarbageCollectorMXBean', 'java.lang.management.MemoryManagerMXBean'],
  description: 'One kind of V8 garbage collection: Scavenge, MinorMarkSweep, MarkSweepCompact, IncrementalMarking or WeakCallbacks.',
  metrics: false,
  attributes: {
    Name: { type: 'string', role: 'key', description: 'Name of the collection.' },
    CollectionCount: { type: 'long', role: 'counter', description: 'Collections since monitoring began.' },
    CollectionTime: {
      type: 'long',
      role: 'counter',
      unit: 'ms',
      description: 'Time spent in collections, in milliseconds, during which the main thread was stopped.',
    },
    Valid: { type: 'boolean', role: 'text', description: 'Always true.' },
    MemoryPoolNames: { type: { array: 'string' }, role: 'text', description: 'Heap spaces that it collects.' },
    ObjectName: objectName,
  },
})

export const javaMemoryPool = declareKind({
  name: 'javaMemoryPool',
  domain: 'java.lang',
  type: 'MemoryPool',
  keys: ['name'],
  className: 'sun.management.MemoryPoolImpl',
  mxBeans: ['java.lang.management.MemoryPoolMXBean'],
  description: 'One space of the V8 heap, under the name V8 gives it.',
  metrics: false,
  attributes: {
    Name: { type: 'string', role: 'key', description: 'Name of the space: new_space, old_space, code_space, large_object_space …' },
    Type: { type: 'string', role: 'text', description: 'Always HEAP: every V8 space is part of its heap.' },
    Usage: {
      type: memoryUsage,
      role: 'gauge',
      unit: 'By',
      description: 'used is space_used_size, committed is space_size; a space has no limit of its own: max is -1.',
    },
    PeakUsage: {
      type: memoryUsage,
      role: 'gauge',
      unit: 'By',
      description: 'The reading with the highest usage since monitoring began.',
    },
    CollectionUsage: {
      type: memoryUsage,
      role: 'gauge',
      unit: 'By',
      description: 'The reading after the last garbage collection, at most one per second; unknown before the first.',
    },
    Valid: { type: 'boolean', role: 'text', description: 'Always true.' },
    MemoryManagerNames: { type: { array: 'string' }, role: 'text', description: 'Garbage collectors that clean this space.' },
    UsageThresholdSupported: { type: 'boolean', role: 'text', description: 'Always false: set an alert rule instead.' },
    CollectionUsageThresholdSupported: { type: 'boolean', role: 'text', description: 'Always false: set an alert rule instead.' },
    ObjectName: objectName,
  },
})

export const javaBufferPool = declareKind({
  name: 'javaBufferPool',
  domain: 'java.nio',
  type: 'BufferPool',
  keys: ['name'],
  className: 'sun.management.ManagementFactoryHelper$1',
  mxBeans: ['java.lang.management.BufferPoolMXBean'],
  description: 'direct: memory of array buffers and Buffers, outside the V8 heap. mapped: memory-mapped files, which Node.js does not use.',
  metrics: false,
  attributes: {
    Name: { type: 'string', role: 'key', description: 'direct or mapped.' },
    Count: { type: 'long', role: 'gauge', description: 'Buffers in the pool. -1 for direct, because Node.js does not count them.' },
    MemoryUsed: {
      type: 'long',
      role: 'gauge',
      unit: 'By',
      description: 'Bytes of array buffers and Buffers (process.memoryUsage().arrayBuffers).',
    },
    TotalCapacity: { type: 'long', role: 'gauge', unit: 'By', description: 'The same: a buffer uses exactly its capacity.' },
    ObjectName: objectName,
  },
})
