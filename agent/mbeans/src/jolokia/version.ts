/** The values of `version` and `config`. */
export const PROTOCOL = '8.2'

interface AgentInfo {
  readonly agentId: string
  readonly version: string
}

/** The value of `version`. `url` is where the client reached the endpoint. */
export function versionValue({ agentId, version }: AgentInfo, url: string): string {
  return JSON.stringify({
    agent: version,
    protocol: PROTOCOL,
    decorators: {},
    details: {
      agent_version: version,
      agent_id: agentId,
      secured: url.startsWith('https:'),
      url,
      server_vendor: 'Spyglass',
      server_product: 'spyglass',
    },
    id: agentId,
    config: { maxDepth: '15', maxCollectionSize: '0', maxObjects: '0', agentId, dateFormat: "yyyy-MM-dd'T'HH:mm:ss.SSSXXX" },
    info: { proxy: {}, jmx: {} },
  })
}

/** The value of `config`: how to authenticate; clients may ask before they do. */
export function configValue({ agentId, version }: AgentInfo): string {
  return JSON.stringify({ agent: version, protocol: PROTOCOL, security: { authentication: [] }, id: agentId })
}
