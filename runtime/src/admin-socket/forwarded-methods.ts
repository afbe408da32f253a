/** Methods that another process of the server answers. */
import { connectAdministration } from './client.ts'
import { fail } from './errors.ts'
import type { AdminMethod } from './server.ts'
import { codeOf } from '@spyglass/agent/contract'

export interface ForwardOptions {
  /** Socket of the process that answers. */
  readonly file: string
  /** Its name, for messages. */
  readonly process: string
}

/** Each call has a connection of its own: the other process may have been replaced since the last. */
export function forwardedMethods(methods: readonly string[], { file, process }: ForwardOptions): Readonly<Record<string, AdminMethod>> {
  return Object.fromEntries(
    methods.map((method): [string, AdminMethod] => [
      method,
      async (params) => {
        using client = await connectAdministration({ dataFolder: file, run: '', file }).catch((error: unknown) => {
          throw codeOf(error) === 'SPY_SERVER_UNREACHABLE' ? fail('SPY_LOCAL_PART', [process], error) : error
        })
        return await client.call(method, params)
      },
    ]),
  )
}
