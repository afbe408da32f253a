/** Which processes a server consists of, and how each is started. The keeper knows them only by these specifications. */
import type { ListenerSpec } from '@spyglass/process/http-server'
import type { ProcessSpec } from './generation.ts'
import type { ListeningSocket } from './listening-socket.ts'

/** One process to keep, with its place in the order of start and stop. */
export interface Part {
  readonly spec: ProcessSpec
  readonly kind: 'instance' | 'service'
  /** Name of the listener, for instances. */
  readonly listener?: string
  readonly isolation?: 'own' | 'shared'
}

/** Everything a keeper needs, prepared by the command line from the configuration. */
export interface ServerPlan {
  readonly serverName: string
  readonly serverId: string
  readonly version: string
  readonly dataRoot: string
  readonly runFolder: string
  readonly logFile: string
  readonly listeners: readonly ListenerSpec[]
  /** TCP ports that the parts bind themselves, probed before anything starts. */
  readonly ports: readonly ListenerSpec[]
  /** Builds the parts from the bound sockets by listener name, in start order; they stop in reverse order. */
  readonly parts: (sockets: ReadonlyMap<string, ListeningSocket>) => readonly Part[]
  /** Script that answers 503 on a listener without an instance. */
  readonly unavailable: Omit<ProcessSpec, 'sockets' | 'name'>
}
