/** What travels over the control channel between the decider and a process. */

export type FromChild =
  | { readonly type: 'ready' }
  | { readonly type: 'failed'; readonly code: string; readonly message: string }
  /** It could serve, but some of its applications failed to start: it waits for the word whether to. */
  | { readonly type: 'partly'; readonly failed: readonly FailedApplication[] }
  /** One of its programs has run, and neither listens yet nor exports what can be served. It may wait for so long in all. */
  | { readonly type: 'waiting'; readonly application: string; readonly timeoutMs: number }
  /** A sign of life, every second. */
  | { readonly type: 'pulse' }
  /** The health checks of the process fail, or pass again: no problem. Told when it changes. */
  | { readonly type: 'health'; readonly problem?: string }
  /** Number of requests that were cut because the time to finish them was over. The access log names them. */
  | { readonly type: 'cut'; readonly count: number }
  /** Management's judgement of the whole server, when it changes; no reasons: ready. */
  | { readonly type: 'readiness'; readonly reasons: readonly string[] }
  /** What became of an `ask`. */
  | { readonly type: 'answer'; readonly id: number; readonly result?: unknown; readonly error?: string; readonly code?: string }
  | { readonly type: 'command'; readonly id: number; readonly verb: CommandVerb; readonly target: string }

export interface FailedApplication {
  readonly application: string
  readonly message: string
}

export type ToChild =
  /** Answer to `partly`: it may serve. */
  | { readonly type: 'serve' }
  /** What an instance is given to work with: its first message. */
  | { readonly type: 'share'; readonly share: unknown }
  /** A new decider asks: a process that is ready says so again. */
  | { readonly type: 'probe' }
  /** The server stops: it will say `stop` to each in its turn. */
  | { readonly type: 'stopping' }
  | { readonly type: 'stop'; readonly deadlineMs: number }
  /** New values of live settings: paths with the name of an entry in place of its index; no value: not set any more. */
  | { readonly type: 'live'; readonly values: readonly { readonly path: readonly string[]; readonly value?: unknown }[] }
  /** To a router: the applications of its listener, where they have changed, and the states of their private addresses by path. */
  | { readonly type: 'routing'; readonly table?: unknown; readonly states: Readonly<Record<string, 'serving' | 'draining' | 'down'>> }
  /** To an instance that serves a listener: where the listener's applications are, when that has changed. */
  | { readonly type: 'addresses'; readonly addresses: unknown }
  /** Carries out an operation of its resource. */
  | { readonly type: 'ask'; readonly id: number; readonly operation: string; readonly arguments: Readonly<Record<string, unknown>> }
  | { readonly type: 'result'; readonly id: number; readonly ok: boolean; readonly message: string }

/** `reload`: a new generation takes over. */
export type CommandVerb = 'reload' | 'restart' | 'stop'
