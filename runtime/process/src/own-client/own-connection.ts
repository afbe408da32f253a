/** How our processes reach each other's ports: the address, whom to trust, and what they prove themselves with. */
import http from 'node:http'
import https from 'node:https'
import { withTrust } from '@spyglass/agent/tls-trust'
import { certificateFiles, type OwnPort, ownUrl } from '../config/own-ports.ts'
import { ownFetch, type OwnFetch } from './own-fetch.ts'

export interface OwnConnection {
  /** `https://127.0.0.1:8778` */
  readonly url: string
  readonly fetch: OwnFetch
  /** For libraries that make requests themselves. Idle connections do not keep the process alive. */
  readonly agent: http.Agent
}

/** The token is sent only where the port asks for credentials. */
export function ownConnection(port: OwnPort, token: string): OwnConnection {
  const url = ownUrl(port)
  const agent = agentFor(port)
  return { url, agent, fetch: ownFetch(agent, port.isProtected ? { authorization: `Bearer ${token}` } : {}) }
}

function agentFor(port: OwnPort): http.Agent {
  const trusted = certificateFiles(port)
  if (trusted.length === 0) return new http.Agent({ keepAlive: true })
  const agent = new https.Agent({ keepAlive: true, maxCachedSessions: 0 })
  return withTrust(agent, { trusted })
}
