/** Operations whose result is a list that grows: management reads it, so that the process that decides need not. */
import type { Executors } from '../administration/index.ts'
import { connectManagement } from './management-client.ts'

/** `file` is management's socket. What there is now is the result. */
export function growingLists(operations: readonly string[], file: string): Executors {
  return Object.fromEntries(
    operations.map((operation): [string, Executors[string]] => [
      operation,
      async ({ keys, arguments: given }) => {
        using client = await connectManagement(file)
        const all: unknown[] = []
        const lists = client.follow('follow', { operation, keys, arguments: given, once: true })
        for await (const list of lists) all.push(...(list as readonly unknown[]))
        return all
      },
    ]),
  )
}
