/** What the decider orders and the holder reports. Both keep to themselves what only they need to know. */

/** How a process is started. */
export interface LaunchSpec {
  readonly name: string
  /** Name of the application that it runs, for its log lines; undefined for our own processes and where several share it. */
  readonly application?: string
  /** File for its standard output and error. Default: the server log. */
  readonly output?: string
  readonly script: string
  readonly args: readonly string[]
  readonly execArgv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd?: string
  /** User that it runs as, without supplementary groups, and creating files for itself alone. Default: that of the holder. */
  readonly user?: { readonly uid: number; readonly gid: number }
  /** Listeners whose sockets it inherits: ids as they were opened, by the name the process knows them by. */
  readonly listeners: Readonly<Record<string, string>>
  /** Path of the socket for registry pushes. */
  readonly registry?: string
  /** Whether it has a control channel. A program that knows nothing of us has none. */
  readonly hasChannel: boolean
}

/** Opaque to the holder: what the decider will want to know of a child, should it have to start over. */
export type Label = unknown

export type ListenerAddress = TcpAddress | PrivateAddress

export interface TcpAddress {
  readonly id: string
  /** For messages: `listeners.http.port`. */
  readonly name: string
  readonly host: string
  readonly port: number
}

/** A Unix socket, for the router in front of it alone. */
export interface PrivateAddress {
  readonly id: string
  readonly name: string
  readonly path: string
}

export type Order =
  | { readonly do: 'open'; readonly listener: ListenerAddress }
  | { readonly do: 'close'; readonly listener: string }
  | { readonly do: 'fork'; readonly id: number; readonly launch: LaunchSpec; readonly label: Label }
  | { readonly do: 'signal'; readonly id: number; readonly signal: NodeJS.Signals }
  | { readonly do: 'send'; readonly id: number; readonly message: unknown }
  /** The end of this child has been noted. */
  | { readonly do: 'forget'; readonly id: number }
  /** Kept for the next decider. */
  | { readonly do: 'remember'; readonly memo: unknown }
  /** Everything has stopped. */
  | { readonly do: 'end'; readonly code: number }

export interface ChildExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Why it could not even be started. */
  readonly error?: string
  /** What it printed last, if it printed anything that says something. */
  readonly lastWords?: string
}

export interface ChildState {
  readonly id: number
  readonly pid: number
  readonly label: Label
  readonly exit?: ChildExit
}

export type Report =
  /** The first report to every decider: everything that runs, and what its predecessor asked to remember. */
  | {
      readonly type: 'state'
      readonly memo: unknown
      readonly children: readonly ChildState[]
      readonly listeners: readonly string[]
      readonly isStopping: boolean
      readonly pid: number
    }
  | { readonly type: 'opened'; readonly listener: string }
  | { readonly type: 'not-opened'; readonly listener: string; readonly code: string; readonly message: string }
  | { readonly type: 'forked'; readonly id: number; readonly pid: number }
  | { readonly type: 'exited'; readonly id: number; readonly exit: ChildExit }
  | { readonly type: 'said'; readonly id: number; readonly message: unknown }
  /** Somebody asked the server to stop. */
  | { readonly type: 'stop' }
