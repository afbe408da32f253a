/** Listening, with the same errors on every port. */
import type { Server } from 'node:net'
import { codeOf, errorsOf, type SpyglassError } from '@spyglass/agent/contract'
import { listenErrors } from './errors.ts'

const fail = errorsOf(listenErrors)

export interface ListenerSpec {
  /** For messages: the name of a listener, or the setting of the port (`store.port`). */
  readonly name: string
  readonly host: string
  readonly port: number
}

/** A Fastify application, or what listens like one. */
export interface Listening {
  readonly server: Pick<Server, 'address'>
  listen(address: { readonly host: string; readonly port: number }): PromiseLike<unknown>
}

/**
 * Listens and returns the port, which the system chooses if 0 was asked for.
 * @throws SPY_PORT_TAKEN, SPY_LISTEN_FAILED
 */
export async function listen(app: Listening, spec: ListenerSpec): Promise<number> {
  try {
    await app.listen({ host: spec.host, port: spec.port })
  } catch (cause) {
    throw listenFailure(spec, cause)
  }
  const address = app.server.address()
  return typeof address === 'object' && address !== null ? address.port : spec.port
}

/** SPY_PORT_TAKEN or SPY_LISTEN_FAILED. */
export function listenFailure({ name, host, port }: ListenerSpec, cause: unknown): SpyglassError {
  if (codeOf(cause) === 'EADDRINUSE') return fail('SPY_PORT_TAKEN', [port, name, host], cause)
  return fail('SPY_LISTEN_FAILED', [host, port, name, cause instanceof Error ? cause.message : String(cause)], cause)
}
