/** How a library is recorded: one object for each, listed in table.ts. */
import type { FindIds, LogSink } from '../logs/log-sink.ts'
import type { Recorder } from '../recorder/recorder.ts'

/** The ways in which a library gets into a process: imported, required, either of them below tsx, in a bundle of esbuild. */
export const forms = ['esm', 'cjs', 'tsx', 'bundle'] as const
export type Form = (typeof forms)[number]

export interface Instrumentation {
  /** As in OTEL_NODE_DISABLED_INSTRUMENTATIONS and in the reference: `mysql2`. */
  readonly name: string
  /** The npm package; undefined for a part of Node. */
  readonly package?: string
  /** Versions that are recorded: from the first on, below the second. */
  readonly versions?: readonly [from: string, below: string]
  /** How it is seen. Channels work in bundles as well. */
  readonly by: 'channel' | 'module hook' | 'channel and module hook' | 'OpenTelemetry'
  /** What it sees, for the reference: `statements with call site, waits for the pool`. */
  readonly records: string
  /** Names of the kinds of root and child that it makes. */
  readonly kinds: readonly string[]
  /** Forms in which it works. Its test runs in each of them. */
  readonly forms: readonly Form[]
  /** Why no test runs it, and how it was seen instead. */
  readonly untested?: string
  /** A text in the library's own code that a minifier keeps: by it a bundle is recognised. Not needed where a bundle works. */
  readonly mark?: string
  /** The row whose patches record it too: the layers of Express 5 are in a package of their own. */
  readonly recordedBy?: string
  /** Subscribes to channels, and returns what is to be patched when the library is loaded. Called once, before the application. */
  attach(to: Attachment): readonly ModulePatch[] | void
}

/** What an instrumentation works with. */
export interface Attachment {
  readonly recorder: Recorder
  /** Where lines are sent; undefined when capture of logs is off. */
  readonly logs: LogSink | undefined
  /** Trace and span of what runs now, for a line. */
  readonly ids: FindIds
}

export interface ModulePatch {
  /** Which file of the package it patches, by its path below the package's folder: `/^lib\/client\.js$/`. */
  readonly file: RegExp
  /** What is appended to the file, given the expression that calls the patch, and the source. Default: `call(module.exports)`. */
  readonly append?: (call: string, source: string) => string
  /** Called when the file has been evaluated, with what `append` passes; it throws when the library does not have the expected form. */
  readonly apply: (...args: never[]) => unknown
}
