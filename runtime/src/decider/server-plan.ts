/** What a server consists of, prepared from the configuration: which processes, how each is started, on which listeners. */
import type { ListenerSpec } from '@spyglass/process/http-server'
import type { LaunchSpec, ListenerAddress } from '../holder/orders.ts'
import type { DesiredProcess, Policy } from './reconciler/index.ts'

/** One process to keep running, and how. */
export interface ProcessPlan {
  /** Its revision is added by the decider. */
  readonly process: Omit<DesiredProcess, 'revision'>
  readonly launch: LaunchSpec
  /** What it is given to work with, as its first message. */
  readonly share?: unknown
  readonly isolation?: 'own' | 'shared'
  /** What makes it another revision when it changes. Default: all of the above. */
  readonly madeFrom?: Pick<ProcessPlan, 'launch' | 'share'>
}

export interface ServerPlan {
  readonly serverName: string
  readonly serverId: string
  readonly version: string
  readonly dataRoot: string
  readonly runFolder: string
  readonly logFile: string
  readonly listeners: readonly ListenerAddress[]
  /** TCP ports that the processes bind themselves, probed before anything starts. */
  readonly ports: readonly ListenerSpec[]
  readonly processes: readonly ProcessPlan[]
  /** Answers 503 on a listener without an instance. */
  readonly standIn: Pick<LaunchSpec, 'script' | 'args' | 'execArgv' | 'env'>
  readonly standInPolicy: Policy
  /** Path of the socket that takes registry pushes. */
  readonly registry: string
  /** Folder of the reports that processes write when they run out of memory. */
  readonly reports: string
  /** Called before each start, so that the files that processes read exist. May throw. */
  readonly prepare: () => void
}
