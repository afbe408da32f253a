/** Methods that management answers. */
import type { AdminMethod } from '@spyglass/process/admin-socket'
import { connectManagement } from './management-client.ts'

/** `file` is its socket. */
export function forwardedMethods(methods: readonly string[], file: string): Readonly<Record<string, AdminMethod>> {
  return Object.fromEntries(
    methods.map((method): [string, AdminMethod] => [
      method,
      async (params) => {
        using client = await connectManagement(file)
        return await client.call(method, params)
      },
    ]),
  )
}
