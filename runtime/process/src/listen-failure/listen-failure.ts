/** The same errors of listening on every port. */
import { codeOf, errorsOf, messageOf, type SpyglassError } from '@spyglass/agent/contract'
import { listenErrors } from './errors.ts'

const fail = errorsOf(listenErrors)

export interface ListenerSpec {
  /** For messages: the name of a listener, or the setting of the port (`store.port`). */
  readonly name: string
  readonly host: string
  readonly port: number
}

/** SPY_PORT_TAKEN or SPY_LISTEN_FAILED. */
export function listenFailure({ name, host, port }: ListenerSpec, cause: unknown): SpyglassError {
  if (codeOf(cause) === 'EADDRINUSE') return fail('SPY_PORT_TAKEN', [port, name, host], cause)
  return fail('SPY_LISTEN_FAILED', [host, port, name, messageOf(cause)], cause)
}
