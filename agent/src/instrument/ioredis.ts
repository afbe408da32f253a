/**
 * Commands of ioredis, where they are handed to a connection or cluster; each of a pipeline or transaction as well. Only the name of a command and the
 * number of its arguments are read. A command is ended by what settles its promise, so that the promise itself stays as it is. A pipeline may be sent
 * later and by itself (`enableAutoPipelining`), so its commands keep the request and the place that they were called in.
 */
import type { CapturedStack } from '../call-site/call-site.ts'
import { attempt } from '../guard/guard.ts'
import { now } from '../recorder/clock.ts'
import type { Child } from '../recorder/child.ts'
import { type RequestContext, currentRequestContext, runInRequestContext } from '../recorder/context.ts'
import { valueIn } from '../recorder/error-text.ts'
import { type Statement, statement } from '../recorder/kinds/statement.ts'
import type { Recorder } from '../recorder/recorder.ts'
import { commandText } from './command-text.ts'
import { fail } from './errors.ts'
import type { Instrumentation } from './instrumentation.ts'

const SYSTEM = 'redis'
const POOL_NAME = Symbol('spyglass.pool')
const SEEN = Symbol('spyglass.seen')
const QUEUED = Symbol('spyglass.queued')
const HELD = Symbol('spyglass.held')

interface Command {
  readonly name: string
  readonly args: readonly unknown[]
  resolve: (value: unknown) => void
  reject: (error: unknown) => void
  /** Of a command in a pipeline. */
  readonly pipelineIndex?: number
  [SEEN]?: boolean
  [QUEUED]?: Queued | undefined
  /** It was redirected, and its pipeline may send it again. */
  [HELD]?: Child<Statement> | undefined
}

/** Where a command of a pipeline was called. */
interface Queued {
  readonly requestContext: RequestContext | undefined
  readonly site: CapturedStack | undefined
}

/** A port, a URL, or an object. */
type ClusterNode = number | string | { readonly host?: string; readonly port?: number | string }

interface Connection {
  readonly options?: {
    readonly host?: string
    readonly port?: number
    readonly path?: string
    readonly db?: number
    readonly sentinels?: unknown
    readonly name?: string
  }
  /** Of a cluster. */
  readonly startupNodes?: readonly ClusterNode[]
  [POOL_NAME]?: string
}

interface Library {
  readonly default: { readonly prototype: { sendCommand: SendCommand } }
}

type SendCommand = (this: Connection, command: Command, ...rest: unknown[]) => unknown

export const ioredis: Instrumentation = {
  name: 'ioredis',
  package: 'ioredis',
  versions: ['4.0.0', '7.0.0'],
  by: 'module hook',
  records: 'commands with call site, without keys and values',
  kinds: [statement.name],
  forms: ['esm', 'cjs', 'tsx', 'bundle'],
  mark: 'Connection in subscriber mode, only subscriber commands may be used',
  attach: ({ recorder }) => [
    {
      // The second name is that of version 4.
      file: /^built\/(?:Redis|redis\/index)\.js$/,
      apply: (library: Library) => patch(library, (connection, command, from) => start(recorder, connection, command, from)),
    },
    {
      // Patched as well, so that its own answer to redirections stands around ours: a command ends when the last of its attempts does.
      file: /^built\/cluster\/index\.js$/,
      apply: (library: Library) => patch(library, (cluster, command, from) => start(recorder, cluster, command, from)),
    },
    {
      file: /^built\/[Pp]ipeline\.js$/,
      apply: (library: Library) => patch(library, (_pipeline, command, from) => queue(recorder, command, from)),
    },
  ],
}

type Before = (target: Connection, command: Command, calledFrom: SendCommand) => void

function patch({ default: { prototype } }: Library, before: Before): void {
  const { sendCommand } = prototype
  if (typeof sendCommand !== 'function') throw fail('SPY_AGENT_LIBRARY', ['ioredis', 'sendCommand'])
  prototype.sendCommand = function patchedSendCommand(command, ...rest) {
    attempt('ioredis.command', () => before(this, command, patchedSendCommand), undefined)
    return sendCommand.call(this, command, ...rest)
  }
}

/** A pipeline whose commands were all redirected takes them once more. */
function queue(recorder: Recorder, command: Command, calledFrom: SendCommand): void {
  const { [HELD]: held } = command
  command[HELD] = undefined
  if (held) return watch(command, held)
  command[SEEN] = false
  const site = recorder.captureFor({ text: textOf(command), system: SYSTEM }, calledFrom)
  command[QUEUED] = { requestContext: currentRequestContext(), site }
}

/** A command that waits for the connection, or is sent again after it broke, passes here more than once. */
function start(recorder: Recorder, connection: Connection, command: Command, calledFrom: SendCommand): void {
  if (command[SEEN]) return
  command[SEEN] = true
  const { [QUEUED]: queued } = command
  command[QUEUED] = undefined
  const input = { system: SYSTEM, pool: poolOf(connection), text: textOf(command) }
  const child = queued
    ? runInRequestContext(queued.requestContext, () => recorder.startStatement(input, queued.site))
    : recorder.startStatement(input, calledFrom)
  watch(command, child)
}

function watch(command: Command, child: Child<Statement>): void {
  const { resolve, reject } = command
  command.resolve = (value) => {
    child.end()
    resolve.call(command, value)
  }
  command.reject = (error) => {
    if (command.pipelineIndex !== undefined && isRedirection(error)) hold(command, child, error)
    else child.end(error)
    reject.call(command, error)
  }
}

/** https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/ */
const isRedirection = (error: unknown): boolean => /^(?:MOVED|ASK|TRYAGAIN|CLUSTERDOWN) /.test(String(valueIn(error, 'message')))

/** A pipeline takes its commands again in the tick in which the last of them was redirected, or never. */
function hold(command: Command, child: Child<Statement>, error: unknown): void {
  const endMs = now()
  command[HELD] = child
  setImmediate(() => {
    if (command[HELD] !== child) return
    command[HELD] = undefined
    child.end(error, endMs)
  })
}

function poolOf(connection: Connection): string {
  return (connection[POOL_NAME] ??= poolNameOf(connection))
}

const MAX_NODES = 3

/** The nodes that a cluster is found by, the name of what sentinels watch, else `host:port/db`. */
function poolNameOf({ options = {}, startupNodes }: Connection): string {
  if (startupNodes) return startupNodes.slice(0, MAX_NODES).map(nodeNameOf).join(',')
  const { host = 'localhost', port = 6379, path, db = 0, sentinels, name } = options
  return `${path ?? (sentinels && name ? name : `${host}:${port}`)}/${db}`
}

/** `host:port` of what a cluster is given: a port, a URL without its password, or an object. */
function nodeNameOf(node: ClusterNode): string {
  if (typeof node === 'object') return `${node.host ?? '127.0.0.1'}:${node.port ?? 6379}`
  const text = String(node)
  if (/^\d+$/.test(text)) return `127.0.0.1:${text}`
  const url = URL.parse(text.includes('://') ? text : `redis://${text}`)
  return `${url?.hostname ?? ''}:${url?.port || 6379}`
}

const textOf = ({ name, args }: Command): string => commandText(name, args.length)
