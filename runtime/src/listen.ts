/** Listens with a Fastify application; what goes wrong has a code. */
import { codeOf } from '@spyglass/agent/contract'
import type { FastifyInstance } from 'fastify'
import { fail } from './errors.ts'
import type { ListenerSpec } from './keeper/parts.ts'

/** @throws SPY_PORT_TAKEN, SPY_LISTEN_FAILED */
export async function listen(app: FastifyInstance, { name, host, port }: ListenerSpec): Promise<void> {
  try {
    await app.listen({ host, port })
  } catch (cause) {
    if (codeOf(cause) === 'EADDRINUSE') throw fail('SPY_PORT_TAKEN', [port, name, host], cause)
    throw fail('SPY_LISTEN_FAILED', [host, port, name, cause instanceof Error ? cause.message : String(cause)], cause)
  }
}
