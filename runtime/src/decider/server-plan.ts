/** What a server consists of, prepared from the configuration: which processes, how each is started, on which listeners. */
import type { IsolationLevel } from '@spyglass/agent/contract'
import type { ListenerSpec } from '@spyglass/process/listen-failure'
import type { RegistrySocket } from '@spyglass/process/keeper-link'
import type { LaunchSpec, ListenerAddress } from '../holder/orders.ts'
import type { DesiredProcess, Policy } from './reconciler/index.ts'

/** One process to keep running, and how. */
export interface ProcessPlan {
  /** Its revision is added by the decider. */
  readonly process: Omit<DesiredProcess, 'revision'>
  readonly launch: LaunchSpec
  /** What it is given to work with, as its first message. */
  readonly share?: unknown
  readonly isolation?: IsolationLevel | 'router'
  /** Folder where it writes a report when it runs out of memory. */
  readonly reports?: string
  /** Those that an instance hosts: they are shown while no process of it can speak for them. */
  readonly applications?: readonly { readonly name: string; readonly contextPath: string; readonly folder: string }[]
  /** Of each list of the configuration the names of its entries: what changes in others, a password for instance, it is not told. Default: it is told all. */
  readonly entries?: Readonly<Record<string, readonly string[]>>
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
  /** Applications that are configured and disabled: they are shown as such. `instance` is the first that they would have. */
  readonly disabled: readonly { readonly instance: string; readonly name: string; readonly contextPath: string; readonly folder: string }[]
  /**
   * By name of the router: what it is told whenever that changes, without a new generation. Of every listener, since the router of one that needs none
   * any more serves on for a while.
   */
  readonly routing: Readonly<Record<string, unknown>>
  /** By name of the instance that serves a listener: what it is told whenever that changes, whatever becomes of its next generation. */
  readonly addresses: Readonly<Record<string, unknown>>
  /** Answers 503 on a listener without an instance. */
  readonly standIn: Pick<LaunchSpec, 'script' | 'args' | 'execArgv' | 'env'>
  readonly standInPolicy: Policy
  /** Path of the socket that takes registry pushes. */
  readonly registry: string
  /** Sockets for registry pushes of single applications, besides the common one. */
  readonly sockets: readonly RegistrySocket[]
  /** Called before each start, so that the files that processes read exist. May throw. */
  readonly prepare: () => void
}
