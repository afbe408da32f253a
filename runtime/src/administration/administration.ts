/** Administration as every door sees it: command line, HTTP API, Jolokia and console make {@link AdministrationRequest}s of it and show its answers. */
import type { Role } from '@spyglass/agent/contract'
import type { ActOptions, AdministrationRequest, Answers, ChangeResult } from '@spyglass/process/admin-socket'
import type { SpyglassConfig } from '@spyglass/process/checked-config'

export type {
  ActOptions,
  AdministrationRequest,
  Answers,
  ChangeResult,
  Difference,
  HistoryEntry,
  Listed,
  Needs,
  SettingChange,
  SettingValue,
  Source,
  Verb,
} from '@spyglass/process/admin-socket'

/** Who asks. */
export interface Caller {
  /** Name of the user, as in the audit. */
  readonly actor: string
  readonly role: Role
}

/** An act and who is responsible for it. */
export interface Act extends ActOptions {
  readonly actor: string
}

/** Called after a change, when it is on the disk; live settings are to be taken from the new configuration at once. */
export type ChangeListener = (config: SpyglassConfig, result: ChangeResult) => void

export interface ReloadOutcome {
  readonly result: string
  readonly failed?: true
}

export interface Administration {
  /**
   * Checks the caller's role and carries the request out. A change is on the disk when this resolves.
   * @throws SPY_ADMIN_FORBIDDEN, SPY_ADMIN_NAME_UNKNOWN, SPY_CONFIG_INVALID and the other SPY_ADMIN_… errors
   */
  answer<R extends AdministrationRequest>(request: R, caller: Caller): Promise<Answers[R['verb']]>
  /** The configuration with all changes: what the next start of any process gets. */
  readonly config: SpyglassConfig
  /** The same as it was given, without absolute paths and port offset: what a later start of its host begins with. */
  readonly settings: SpyglassConfig
  onChange(listener: ChangeListener): () => void
  /** What runs with the present configuration from now on, after a reload or a restart: it is no longer pending. */
  applied(parts: readonly string[]): void
  /** What came of the reload that a change led to: its line in the history is completed. Never throws. */
  reloaded(change: number, outcome: ReloadOutcome): void
  /** Takes back changes whose time has come. Idempotent; called by a timer of its own, and at the start. */
  stop(): void
}
