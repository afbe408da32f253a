/** What each type of resource brings: how one entry of its list in spyglass.yaml is opened in an instance, and what applications get of it. */
import type { Registry } from '@spyglass/agent'
import type { Logger } from '@spyglass/process/logger'
import type { Clock } from '../clock/index.ts'

/** What an instance needs to reach the sessions of the server. */
export interface SessionAccess {
  /** Path of the socket of the store process. */
  readonly socket: string
  readonly secrets: Readonly<Record<string, SessionSecrets>>
}

export interface SessionSecrets {
  /** Signs the cookies, unless the configuration has a key. */
  readonly key: string
  /** Opens these sessions in the store, and no others. */
  readonly token: string
}

/** What an instance needs to reach the jobs of the server. */
export interface JobsAccess {
  /** Path of the socket of the process that keeps them. */
  readonly socket: string
  /** Each opens the queue of its name, and no other. */
  readonly tokens: Readonly<Record<string, string>>
}

/** The instance that resources are opened in. */
export interface ResourceSurroundings {
  /** Name of the instance. */
  readonly instance: string
  /** The application that has the instance for itself. */
  readonly application?: string | undefined
  readonly registry: Registry
  readonly logger: Logger
  /** Folder that relative files are resolved against. */
  readonly folder: string
  /** Folder for what must not be forgotten when the process ends. Absent: nothing is kept. */
  readonly stateFolder?: string | undefined
  /** Folders of the applications in the instance, which bring the packages of drivers. */
  readonly applicationFolders?: readonly string[]
  readonly clock?: Clock
  /** What applications get of another resource of the instance, which is opened before. */
  readonly faceOf?: (list: string, name: string) => object | undefined
  /** Absent where no application uses sessions. */
  readonly sessions?: SessionAccess | undefined
  /** Absent where no application uses jobs that the server keeps. */
  readonly jobs?: JobsAccess | undefined
}

/** One open resource. It is in the registry until it is closed. */
export interface Resource<Config, Face> {
  /** What an application gets. */
  readonly face: Face
  /** Called once, before any application starts. What cannot be reached is reported, and tried again when it is used. */
  start(): Promise<void>
  /** Takes on new values of live settings. */
  configure(config: Config): void
  /** Carries out an operation of its kind, which is checked, on itself or a part of it. Gives its result, or a promise of that. */
  carryOut?(operation: string, given: Readonly<Record<string, unknown>>, part?: string): unknown
  /** Called when a response has ended, before the agent decides what becomes of its trace. */
  requestEnded?(traceId: string): void
  /** How long the borrower has waited who waits longest for a part of it; 0 when nobody waits. */
  waitMs?(): number
  /** The instance begins to stop: takes no more work by itself, and resolves when what it does is over or given back, within the deadline. */
  drain?(deadlineMs: number): Promise<void>
  /** Returns when it is closed, at most after `deadlineMs` and a moment. */
  close(deadlineMs: number): Promise<void>
}

/** How resources of one list are opened. Settings that the configuration leaves out have their defaults. */
export interface ResourceType<Config, Face> {
  open(config: Config, surroundings: ResourceSurroundings): Resource<Config, Face>
  /** The error of an application that asks for a name that it does not use. */
  unknown(name: string, known: readonly string[]): Error
  /** The error where no resources are open. */
  closed(): Error
}
