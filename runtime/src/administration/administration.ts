/**
 * What can be administered, as every door sees it: command line, HTTP API, Jolokia and console make {@link AdministrationRequest}s of it and
 * show its answers. Settings have dotted names: the path in spyglass.yaml with the name of an entry in place of its index
 * (`datasources.shop.max`). A dot inside a part is escaped with a backslash; `*` matches any characters.
 */
import type { Role } from '@spyglass/agent/contract'
import type { SpyglassConfig } from '@spyglass/process/checked-config'
import type { Applies } from '@spyglass/process/settings'

/** Who asks. */
export interface Caller {
  /** Name of the user, as in the audit. */
  readonly actor: string
  readonly role: Role
}

/** How a change is made. */
export interface ActOptions {
  /** Why; it is kept in the history. */
  readonly reason?: string
  /** When the change is taken back, in milliseconds since the epoch. By default it stays. */
  readonly until?: number
  /** Checks the change and says what it would do, without doing it. */
  readonly dryRun?: boolean
}

/** An act and who is responsible for it. */
export interface Act extends ActOptions {
  readonly actor: string
}

/** Where a value comes from; each wins over those before it. */
export type Source = 'default' | 'file' | 'command line' | 'change'

/** One setting and its value. The value of a secret is `(secret)`. */
export interface SettingValue {
  readonly name: string
  /** Undefined: not set, and it has no default. */
  readonly value: unknown
  readonly source: Source
  readonly applies: Applies
  readonly secret: boolean
  readonly unit?: string
  readonly description: string
  /** The change that it comes from. */
  readonly change?: number
}

/** What a change did to one setting. An absent value: not set, or the entry does not exist. Values of secrets are `(secret)`. */
export interface SettingChange {
  readonly name: string
  readonly before?: unknown
  readonly after?: unknown
  readonly applies: Applies
}

/** What is still to be done before a change counts: names of what is to be reloaded and restarted. */
export interface Needs {
  /** Settings that count already. */
  readonly live: readonly string[]
  /** Instances whose next generation has the change. */
  readonly reload: readonly string[]
  /** Processes that have the change after a restart; `server` means all of them. */
  readonly restart: readonly string[]
}

export type Verb = 'set' | 'create' | 'delete' | 'invoke' | 'undo' | 'expire'

/** The outcome of a change. */
export interface ChangeResult {
  /** Number in the history; undefined for a dry run and where nothing changed. */
  readonly change?: number
  readonly changed: readonly SettingChange[]
  readonly needs: Needs
}

/** One line of the history, which is the audit. Values of secrets are never in it. */
export interface HistoryEntry {
  readonly change: number
  /** Milliseconds since the epoch. */
  readonly time: number
  readonly actor: string
  readonly verb: Verb
  /** What it was about: dotted names, or the operation. */
  readonly names: readonly string[]
  readonly changed: readonly SettingChange[]
  readonly reason?: string
  readonly until?: number
  /** For an undo: the change that it takes back. */
  readonly undoes?: number
  /** Of an operation: its arguments without secrets, and what came of it. */
  readonly arguments?: Readonly<Record<string, unknown>>
  readonly result?: string
  /** Whether it fails: an operation that did not succeed. */
  readonly failed?: boolean
}

/** A setting whose value is not the same everywhere. */
export interface Difference {
  readonly name: string
  /** In spyglass.yaml as it is now; default values included. */
  readonly file?: unknown
  /** In spyglass.yaml as it was when the server started. */
  readonly started?: unknown
  /** With the changes that commands made. */
  readonly desired?: unknown
  /** `file`: the file has changed since the start. `change`: a change overrides the file. `pending`: the value waits for a reload or a restart. */
  readonly because: readonly ('file' | 'change' | 'pending')[]
  readonly change?: number
}

/** A thing that a command may name, for lists and completion. */
export interface Listed {
  readonly name: string
  readonly type: 'section' | 'entry' | 'setting' | 'operation'
  readonly description: string
}

/** What a request is answered with, by verb. */
export interface Answers {
  readonly list: readonly Listed[]
  readonly get: readonly SettingValue[]
  readonly set: ChangeResult
  readonly create: ChangeResult
  readonly delete: ChangeResult
  readonly invoke: { readonly change?: number; readonly result: unknown }
  readonly history: readonly HistoryEntry[]
  readonly undo: ChangeResult
  readonly diff: readonly Difference[]
}

/** A request as it travels between processes: JSON. */
export type AdministrationRequest =
  | { readonly verb: 'list'; readonly pattern?: string }
  | { readonly verb: 'get'; readonly names: readonly string[] }
  /** All or none of them. A text is read by the type of its setting: `20`, `true`, `a,b`, or JSON. */
  | { readonly verb: 'set'; readonly values: Readonly<Record<string, unknown>>; readonly options?: ActOptions }
  /** A new entry of a list: `applications.shop` with its settings. */
  | { readonly verb: 'create'; readonly name: string; readonly values: Readonly<Record<string, unknown>>; readonly options?: ActOptions }
  /** An entry is removed; a setting goes back to what the file says, or to its default. */
  | { readonly verb: 'delete'; readonly name: string; readonly options?: ActOptions }
  /** `instance.http-1.reload` */
  | {
      readonly verb: 'invoke'
      readonly name: string
      readonly arguments?: Readonly<Record<string, unknown>>
      readonly options?: ActOptions
    }
  | { readonly verb: 'history'; readonly pattern?: string; readonly limit?: number }
  /** Without a number: the last change that is in force. */
  | { readonly verb: 'undo'; readonly change?: number; readonly options?: ActOptions }
  | { readonly verb: 'diff' }

/** Called after a change, when it is on the disk; live settings are to be taken from the new configuration at once. */
export type ChangeListener = (config: SpyglassConfig, result: ChangeResult) => void

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
  /** Takes back changes whose time has come. Idempotent; called by a timer of its own, and at the start. */
  stop(): void
}
