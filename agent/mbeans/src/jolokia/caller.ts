/** Access check: any program may call, but not a page of another site in a browser on this machine. */
import type { FastifyRequest } from 'fastify'
import { type CallerRules, foreignCaller, type SpyglassError } from '@spyglass/agent/contract'
import { fail } from './errors.ts'

/** Why a request is refused: a browser sent it for a page of another site, or under a foreign host name (DNS rebinding). */
export function callerRefusal(
  { headers, socket }: Pick<FastifyRequest, 'headers' | 'socket'>,
  rules: CallerRules = {},
): SpyglassError | undefined {
  const foreign = foreignCaller({ headers, localAddress: socket.localAddress }, rules)
  return foreign && fail(foreign.part === 'origin' ? 'SPY_JOLOKIA_ORIGIN' : 'SPY_JOLOKIA_HOST', [foreign.value])
}
