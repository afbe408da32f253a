/** Which role a request needs. The role for an operation is declared with it. */
import type { Role } from '@spyglass/agent/contract'
import { type AdministrationRequest, verbRoles } from '@spyglass/process/admin-socket'

/** The lowest role that may make this request; `operation` gives that of an operation. */
export function roleFor(request: AdministrationRequest, operation: (name: string) => Role): Role {
  return request.verb === 'invoke' ? operation(request.name) : verbRoles[request.verb]
}
