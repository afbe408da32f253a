import { declareSettings } from './declaration.ts'
import { milliseconds, nameOr } from './shapes.ts'

export const serverSettings = declareSettings({
  name: nameOr('spyglass', 'Name of this server.'),
  hostNames: {
    type: 'texts',
    each: { checks: [{ is: /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i, allowed: 'a host name without port' }] },
    default: [],
    description:
      'Names this server is reached by, besides `localhost`, IP addresses, and the names in `host` and `publicUrl`. On the loopback address, requests for any other name are refused: if a proxy on this machine passes the original Host header on, list that name.',
  },
  startPatienceMs: milliseconds(
    60_000,
    'How long a process may take to become ready, not counting time spent waiting for CPU or disk. The limit doubles with each further attempt, up to 16 times.',
    1000,
  ),
  headersTimeoutMs: milliseconds(10_000, 'How long a client may take to send the headers of a request, on every HTTP port.', 100, 60_000),
})
