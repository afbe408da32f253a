/** Who has signed in, as noted on the request: for the access log, which must not ask a realm. */
import type { IncomingMessage } from 'node:http'

const USER = Symbol('spyglass.user')

type Noted = IncomingMessage & { [USER]?: string | undefined }

/** Undefined: nobody, from now on. */
export function noteUser(request: IncomingMessage, name: string | undefined): void {
  ;(request as Noted)[USER] = name
}

/** The name of the person that a realm has found for the request. */
export const userOf = (request: IncomingMessage): string | undefined => (request as Noted)[USER]
