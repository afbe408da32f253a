/** The request fields that proxies add to say who their client is. The only list: listeners and the router remove the same ones, and agree on who is remote. */

const CLAIMS: ReadonlySet<string> = new Set(['forwarded', 'x-real-ip'])
const CLAIM_PREFIX = 'x-forwarded-'

/** What only a proxy adds. Programs rarely believe these without being told to, so they stay in the request. */
const TRACES: ReadonlySet<string> = new Set([
  'via',
  'cf-connecting-ip',
  'cf-connecting-ipv6',
  'client-ip',
  'fastly-client-ip',
  'fly-client-ip',
  'forwarded-for',
  'true-client-ip',
  'x-appengine-user-ip',
  'x-azure-clientip',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-envoy-external-address',
  'x-forwarded',
  'x-original-forwarded-for',
  'x-remote-ip',
])

/** Whether programs believe a field about the client (`Forwarded`, `X-Forwarded-*`, `X-Real-IP`): only a trusted proxy may send it. `name` in lower case. */
export const isClientClaim = (name: string): boolean => name.startsWith(CLAIM_PREFIX) || CLAIMS.has(name)

/** Whether a request that has this field was sent on by a proxy. `name` in lower case. */
export const isSentByProxies = (name: string): boolean => isClientClaim(name) || TRACES.has(name)
