/** The verbs of administration as methods of the socket. */
import { type Administration, parseRequest, verbs } from '../administration/index.ts'
import type { AdminMethod } from '@spyglass/process/admin-socket'

/** A caller of the socket is an administrator unless it asks in another role: only the user who runs the server, and root, can open it. */
export function administrationMethods(administration: Pick<Administration, 'answer'>): Readonly<Record<string, AdminMethod>> {
  const methods = verbs.map((verb): [string, AdminMethod] => [
    verb,
    async (params, { user, role }) => administration.answer(parseRequest(verb, params), { actor: user, role }),
  ])
  return Object.fromEntries(methods)
}
