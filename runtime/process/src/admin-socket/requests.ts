/**
 * What can be asked of administration, and what it answers, as it travels between processes: JSON. Settings have dotted names: the path in
 * spyglass.yaml with the name of an entry in place of its index (`datasources.shop.max`). A dot inside a part is escaped with a backslash; `*`
 * matches any characters.
 */
import type { Role } from '@spyglass/agent/contract'
import type { Applies } from '../settings/index.ts'

/** How a change is made. */
export interface ActOptions {
  /** Why; it is kept in the history. */
  readonly reason?: string
  /** When the change is taken back, in milliseconds since the epoch. By default it stays. */
  readonly until?: number
  /** Checks the change and says what it would do, without doing it. */
  readonly dryRun?: boolean
  /** The change is made only if these settings still are as they were read. */
  readonly unchanged?: readonly Pick<SettingValue, 'name' | 'value' | 'change'>[]
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

/** What is still to be done before a change counts: names of what is to be reloaded, started, stopped and restarted. */
export interface Needs {
  /** Settings that count already. */
  readonly live: readonly string[]
  /** Instances whose next generation has the change. */
  readonly reload: readonly string[]
  /** Instances that the change adds. */
  readonly start: readonly string[]
  /** Instances that the change takes away. */
  readonly stop: readonly string[]
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
  /** Of an undo: the change that it takes back. */
  readonly takesBack?: Pick<HistoryEntry, 'change' | 'time' | 'actor' | 'verb' | 'names' | 'reason'>
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
  /** Of an operation: its arguments without secrets. */
  readonly arguments?: Readonly<Record<string, unknown>>
  /** What came of an operation, or of the reload that a change of settings led to. */
  readonly result?: string
  /** The operation or the reload did not succeed; `result` says why. */
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
  /** All or none of them. A text is read by the type of its setting: `20`, `true`, `a,b`, or JSON. `null` resets: as `delete` of a setting. */
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

/** The lowest role that may make a request. That for an operation is declared with it. */
export const verbRoles = {
  list: 'viewer',
  get: 'viewer',
  history: 'viewer',
  diff: 'viewer',
  set: 'administrator',
  create: 'administrator',
  delete: 'administrator',
  undo: 'administrator',
} as const satisfies Record<Exclude<AdministrationRequest['verb'], 'invoke'>, Role>
