/** All kinds of managed resources, in the order of the reference. */
import { alert } from './alert.ts'
import { application } from './application.ts'
import { borrower } from './borrower.ts'
import { cache } from './cache.ts'
import { collector } from './collector.ts'
import { datasource } from './datasource.ts'
import { eventLoop, garbageCollector, heapSpace, nodeProcess, type ResourceKind, v8Heap } from '@spyglass/agent/contract'
import { eventOutput } from './event-output.ts'
import { httpClient } from './http-client.ts'
import { incident } from './incident.ts'
import { instance } from './instance.ts'
import { jobQueue } from './job-queue.ts'
import { listener } from './listener.ts'
import { loader } from './loader.ts'
import { mailServer } from './mail-server.ts'
import { push } from './push.ts'
import { queue } from './queue.ts'
import { rateLimit } from './rate-limit.ts'
import { receiver } from './receiver.ts'
import { redisServer } from './redis-server.ts'
import { server } from './server.ts'
import { session } from './session.ts'
import { snmpAgent } from './snmp-agent.ts'
import { store } from './store.ts'
import { workerPool } from './worker-pool.ts'

export const kinds = {
  server,
  instance,
  listener,
  datasource,
  borrower,
  session,
  application,
  rateLimit,
  queue,
  cache,
  jobQueue,
  workerPool,
  mailServer,
  redisServer,
  httpClient,
  loader,
  v8Heap,
  heapSpace,
  garbageCollector,
  eventLoop,
  nodeProcess,
  collector,
  store,
  snmpAgent,
  incident,
  eventOutput,
  alert,
  receiver,
  push,
} as const

export const allKinds: readonly ResourceKind[] = Object.values(kinds)
