/** Which server and which resource a request is for (RFC 9112 section 3.2). Listeners and the router refuse what two readers could understand differently. */

/** `host [":" port]` of RFC 9110 section 7.2, without user information. */
const HOST = /^(?:\[[0-9A-Fa-f:.]+\]|[\w.~!$&'()*+,;=%-]*)(?::\d{0,5})?$/
const ABSOLUTE = /^(https?):\/\/([^/?#]*)/i
const WITH_PORT = /:\d{1,5}$/
const SLASH = 47

let lastValid = ''

/** Whether a Host field has the form of one. Most requests of a process name the same host. */
export function isHost(value: string): boolean {
  if (value === lastValid) return true
  if (!HOST.test(value)) return false
  lastValid = value
  return true
}

/**
 * A path, an absolute URL whose host is that of the Host field (requests would be routed by one and served by the other), `*` for OPTIONS, a host with a port for
 * CONNECT. That one need not be in the Host field, where many clients name the proxy.
 */
export function isTarget(method: string, target: string, host: string): boolean {
  if (method === 'CONNECT') return isHost(target) && WITH_PORT.test(target)
  if (target.charCodeAt(0) === SLASH) return true
  if (target === '*') return method === 'OPTIONS'
  const [, scheme = '', authority = ''] = ABSOLUTE.exec(target) ?? []
  return authority !== '' && withoutDefaultPort(authority, scheme) === withoutDefaultPort(host, scheme)
}

function withoutDefaultPort(authority: string, scheme: string): string {
  const port = scheme.toLowerCase() === 'https' ? ':443' : ':80'
  const name = authority.toLowerCase()
  return name.endsWith(port) ? name.slice(0, -port.length) : name
}
