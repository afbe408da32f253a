/** Kinds that show what others already tell, under names that the tools of Java know, and the kinds of the MBean endpoint itself. */
import type { ResourceKind } from '@spyglass/agent/contract'
import { eventsKind } from './events.ts'
import {
  javaBufferPool,
  javaClassLoading,
  javaCompilation,
  javaGarbageCollector,
  javaMemory,
  javaMemoryPool,
  javaOperatingSystem,
  javaRuntime,
  javaThreading,
} from './java-lang.ts'
import { notificationStoreKind } from './notification-store.ts'
import { hikariPool, hikariPoolConfig, tomcatManager, tomcatRequestProcessor, tomcatServer, tomcatThreadPool } from './server-views.ts'

export const platformKinds = {
  javaMemory,
  javaRuntime,
  javaOperatingSystem,
  javaThreading,
  javaClassLoading,
  javaCompilation,
  javaGarbageCollector,
  javaMemoryPool,
  javaBufferPool,
  tomcatThreadPool,
  tomcatRequestProcessor,
  tomcatServer,
  tomcatManager,
  hikariPool,
  hikariPoolConfig,
  events: eventsKind,
  notificationStore: notificationStoreKind,
} as const

export const allPlatformKinds: readonly ResourceKind[] = Object.values(platformKinds)
