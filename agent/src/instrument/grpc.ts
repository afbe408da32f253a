/**
 * The context of calls of @grpc/grpc-js, which wait inside the library for a name and a connection: the stream is opened out of whatever made those ready. What
 * is recorded is seen by http2-client.ts and http2-server.ts, without this for calls that need not wait.
 */
import { AsyncResource } from 'node:async_hooks'
import { fail } from './errors.ts'
import type { Instrumentation } from './instrumentation.ts'

type Method = (this: Call, ...args: unknown[]) => unknown
const STARTED_IN = Symbol('spyglass.startedIn')

interface Call {
  [STARTED_IN]?: AsyncResource
}

export const grpc: Instrumentation = {
  name: 'grpc',
  package: '@grpc/grpc-js',
  versions: ['1.8.0', '2.0.0'],
  by: 'channel and module hook',
  records: 'calls in both directions by way of HTTP/2, in the context of their caller even when they wait for a connection',
  kinds: [],
  forms: ['esm', 'cjs', 'tsx', 'bundle'],
  attach: () => [
    {
      file: /^build\/src\/resolving-call\.js$/,
      apply: ({ ResolvingCall }: Record<string, { prototype: object }>) => keepContext(ResolvingCall, 'getConfig'),
    },
    {
      file: /^build\/src\/load-balancing-call\.js$/,
      apply: ({ LoadBalancingCall }: Record<string, { prototype: object }>) => keepContext(LoadBalancingCall, 'doPick'),
    },
  ],
}

/** `start` is called by the application; `later` again when what it waits for is there. */
function keepContext(type: { prototype: object } | undefined, later: string): void {
  const prototype = type?.prototype as Record<string, Method>
  const { start, [later]: waiting } = prototype
  if (!start || !waiting) throw fail('SPY_AGENT_LIBRARY', ['@grpc/grpc-js', later])
  prototype['start'] = function startHere(...args) {
    this[STARTED_IN] = new AsyncResource('spyglass.grpc')
    return start.apply(this, args)
  }
  prototype[later] = function continuedHere(...args) {
    const resource = this[STARTED_IN]
    return resource ? resource.runInAsyncScope(waiting, this, ...args) : waiting.apply(this, args)
  }
}
