/**
 * How a setting of spyglass.yaml is declared. One declaration gives its type, validation, default, reference and everything that
 * administration knows of it. The declarations load nothing, so a process may have them without the parser (config/schema.ts).
 */
import type { kinds } from '@spyglass/mbeans/kinds'

/** When a new value counts: at once, with the next generation of the instances, or when the process that reads it starts again. */
export type Applies = 'live' | 'reload' | 'restart'

/** A process that reads a setting. `instances`: those that serve the listener or the application; `server`: all processes. */
export type Reader = 'instances' | 'server' | 'management' | 'collector' | 'store' | 'snmp-bridge'

interface Declared {
  readonly description: string
  /** By default that of its section. */
  readonly applies?: Applies
  /** By default those of its section. */
  readonly readBy?: readonly Reader[]
  /** Its value is never shown: not in messages, in the history or in differences. */
  readonly secret?: true
  /** There is no default, and it must be set. Without this and a default, it may be absent. */
  readonly required?: true
  /** The attribute of the section's kind that shows its value. */
  readonly attribute?: string
  /** A value that it accepts, for documents; needed where there is no default. */
  readonly example?: unknown
}

/** A further demand on a text, with what is allowed in words. */
export interface TextCheck {
  readonly is: RegExp | ((text: string) => boolean)
  readonly allowed: string
}

export interface IntegerSetting extends Declared {
  readonly type: 'int'
  readonly min: number
  readonly max?: number
  readonly default?: number
  /** UCUM unit: `ms`, `s`, `d`, `By`. */
  readonly unit?: string
}

export interface BooleanSetting extends Declared {
  readonly type: 'boolean'
  readonly default?: boolean
}

export interface TextSetting extends Declared {
  readonly type: 'text'
  /** Characters. Default: 0. */
  readonly minLength?: number
  /** All of them, in this order. */
  readonly checks?: readonly TextCheck[]
  readonly default?: string
}

export interface ChoiceSetting extends Declared {
  readonly type: 'choice'
  readonly values: readonly string[]
  readonly default?: string
}

/** An http or https URL. */
export interface UrlSetting extends Declared {
  readonly type: 'url'
  readonly default?: string
}

export interface TextsSetting extends Declared {
  readonly type: 'texts'
  /** What each text must be. */
  readonly each: { readonly minLength?: number; readonly checks?: readonly TextCheck[] }
  readonly default?: readonly string[]
}

/** Names with texts. */
export interface MapSetting extends Declared {
  readonly type: 'map'
  readonly default?: Readonly<Record<string, string>>
}

export type Setting = IntegerSetting | BooleanSetting | TextSetting | ChoiceSetting | UrlSetting | TextsSetting | MapSetting

/** What sections and lists have in common. */
export interface Group {
  readonly settings: Settings
  /** The kind of resource that these settings belong to, if there is one. */
  readonly kind?: keyof typeof kinds
  readonly description: string
  readonly applies: Applies
  readonly readBy: readonly Reader[]
}

/** A map of settings in the file. */
export interface Section extends Group {
  readonly type: 'section'
}

/** A list of entries, each with the same settings. */
export interface List extends Group {
  readonly type: 'list'
  /** Settings that name an entry; several are joined by `:`. */
  readonly key: readonly string[]
  /** Default: 0. */
  readonly minLength?: number
  /** What the list holds when the file says nothing, before the defaults of each entry are filled in. */
  readonly default: readonly Readonly<Record<string, string>>[]
  /** The process that carries out operations on an entry by its name in the configuration. Without it, an instance is named as well. */
  readonly keptBy?: string
  /** Each worker of node:cluster opens the entries for itself; those of other lists it does without. */
  readonly inWorkers?: true
  /** What a change to or from an empty list needs, where that is more than a change of its entries needs. */
  readonly emptyApplies?: Applies
}

export type Node = Setting | Section | List
export type Settings = Readonly<Record<string, Node>>

type ValueOf<N extends Node> = N extends { readonly type: 'section' }
  ? ConfigOf<N['settings']>
  : N extends { readonly type: 'list' }
    ? ConfigOf<N['settings']>[]
    : N extends { readonly values: readonly (infer V)[] }
      ? V
      : N extends { readonly type: 'int' }
        ? number
        : N extends { readonly type: 'boolean' }
          ? boolean
          : N extends { readonly type: 'texts' }
            ? string[]
            : N extends { readonly type: 'map' }
              ? Record<string, string>
              : string

/** Names of the settings that may be absent from the checked configuration. */
type Absent<S extends Settings> = {
  [K in keyof S]: S[K] extends { readonly default: unknown } | { readonly required: true } | { readonly type: 'section' } ? never : K
}[keyof S]

/** The checked configuration: what is left when defaults are filled in. */
export type ConfigOf<S extends Settings> = Flat<
  { -readonly [K in Exclude<keyof S, Absent<S>>]: ValueOf<S[K]> } & { -readonly [K in Absent<S>]?: ValueOf<S[K]> | undefined }
>
type Flat<T> = { [K in keyof T]: T[K] }

/** Declares settings with their literal types kept, so that the type of the configuration is exact. */
export function declareSettings<const S extends Settings>(settings: S): S {
  return settings
}
