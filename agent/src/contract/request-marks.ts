/** What a server that answers for applications notes on a request and its response, and the agent reads there. */

/** On a request: the address of the client, where a proxy that the server trusts names it. */
export const CLIENT_ADDRESS = Symbol.for('spyglass.clientAddress')
/** On a response that the server answers, or cuts off, in place of the application. */
export const REFUSAL = Symbol.for('spyglass.refusal')

/** On a connection whose requests are not recorded: the server asks its own application whether it is well. */
export const UNRECORDED = Symbol.for('spyglass.unrecorded')

/** Why a request was refused or cut off. */
export interface Refusal {
  /** `error.type` of the request: `request_body_timeout`, `no_instance` … */
  readonly reason: string
  /** What the client was answered; 0 when it got no status. */
  readonly status: number
}
