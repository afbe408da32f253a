/** Which role a request needs. The role for an operation is declared with it. */
import type { Role } from '@spyglass/agent/contract'
import type { AdministrationRequest } from './administration.ts'

const verbs = {
  list: 'viewer',
  get: 'viewer',
  history: 'viewer',
  diff: 'viewer',
  set: 'administrator',
  create: 'administrator',
  delete: 'administrator',
  undo: 'administrator',
} as const satisfies Record<string, Role>

/** The lowest role that may make this request; `operation` gives that of an operation. */
export function roleFor(request: AdministrationRequest, operation: (name: string) => Role): Role {
  return request.verb === 'invoke' ? operation(request.name) : verbs[request.verb]
}
