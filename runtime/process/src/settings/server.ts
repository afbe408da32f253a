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
  hangPatienceMs: milliseconds(
    30_000,
    'How long a process may give no sign of life before it is killed and restarted, not counting time spent waiting for CPU or disk.',
    1000,
  ),
  drainMs: milliseconds(
    30_000,
    'How long requests may run on in an instance that is replaced or no longer wanted. What is still running then is cut, counted, and named in the access log.',
    0,
  ),
  stopMs: milliseconds(5000, 'How long the requests and the work of a process may run on when the server stops.', 0),
  closeMs: milliseconds(
    2000,
    'How long an instance may take after that to close its applications and datasources, and to send what it recorded. It is killed then.',
    0,
  ),
  backOffFirstMs: milliseconds(
    100,
    'How long the restart of a process that exited unexpectedly waits; doubled after each further failure in a row.',
    10,
  ),
  backOffMostMs: milliseconds(10_000, 'The longest that such a restart waits.', 10),
  healthyAfterMs: milliseconds(20_000, 'A process that has run this long starts a new series of failures.'),
  quarantineAfter: {
    type: 'int',
    min: 1,
    max: 1_000_000,
    default: 10,
    description:
      'Failures in a row after which an instance is put into quarantine: its state is `failed`, the event `spyglass.instance.quarantined` says why, and it is tried again only every quarantineRetryMs, or at once by `spyglass reload`.',
  },
  quarantineRetryMs: milliseconds(300_000, 'How often an instance in quarantine is tried again.', 1000),
  headersTimeoutMs: milliseconds(10_000, 'How long a client may take to send the headers of a request, on every HTTP port.', 100, 60_000),
})
