/** What any kind of program is reduced to: a server that does not own the socket it answers on. */
import type { Server } from 'node:net'
import type { ApplicationLoader } from '../loader/application-loader.ts'
import type { LifecycleHooks } from './lifecycle.ts'

/**
 * How the program was recognised. `listen`: it called `listen()` itself. `worker`: it has no port. `static`: it is files. All others export something, which
 * kinds/index.ts turns into a server.
 */
export type ProgramKind = 'listen' | 'worker' | 'static' | 'server' | 'fastify' | 'fastify-plugin' | 'koa' | 'nest' | 'fetch' | 'handler'

/** A server made of what a program exports. */
export interface Adopted {
  readonly kind: ProgramKind
  /** Emits `request`, and `upgrade` where the program accepts upgrades. It does not listen yet. */
  readonly server: Server
  /** Closes the program, once. */
  readonly close?: (() => unknown) | undefined
}

/** A program that has started. */
export interface Program {
  readonly loader: ApplicationLoader
  /** Whether the application is reloaded when its files change, and how often they are looked at. */
  readonly isReloadable: boolean
  readonly checkIntervalMs: number
  readonly hooks: LifecycleHooks
  readonly kind: ProgramKind
  /** Version in its package.json, or empty. */
  readonly version: string
  /** Undefined for a worker. */
  readonly server: Server | undefined
  /** Closes it, once. Its server no longer accepts by then. */
  readonly close: () => Promise<void>
}
