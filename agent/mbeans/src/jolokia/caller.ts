/** Who may ask: any program, but no page of another site, which a browser on this machine would let in. */
import type { FastifyRequest } from 'fastify'
import { type CallerRules, foreignCaller, type SpyglassError } from '@spyglass/agent/contract'
import { fail } from './errors.ts'

/** Why a request is refused that a browser sends for a page of another site, or under a name that may point here only to deceive it. */
export function callerRefusal(
  { headers, socket }: Pick<FastifyRequest, 'headers' | 'socket'>,
  rules: CallerRules = {},
): SpyglassError | undefined {
  const foreign = foreignCaller({ headers, localAddress: socket.localAddress }, rules)
  return foreign && fail(foreign.part === 'origin' ? 'SPY_JOLOKIA_ORIGIN' : 'SPY_JOLOKIA_HOST', [foreign.value])
}
