/** What a server elsewhere shows in the registry; the attributes are those of the kinds mailServer, redisServer and httpClient. */
import type { CallFigures } from './call-figures.ts'

export interface Outgoing {
  readonly instance: string
  readonly name: string
  readonly figures: CallFigures
  readonly target: () => string
  readonly load: () => { readonly connections: number; readonly waiting: number }
}

export function outgoingGetters({ instance, name, figures, target, load }: Outgoing) {
  return {
    instance: () => instance,
    name: () => name,
    state: () => (figures.isDown ? 'down' : 'ok'),
    target,
    calls: () => figures.calls,
    running: () => figures.running,
    waiting: () => load().waiting,
    connections: () => load().connections,
    failures: () => figures.failures,
    timeouts: () => figures.timeouts,
    refused: () => figures.refused,
    durationP95: () => figures.durationP95,
    lastError: () => figures.lastError,
    lastErrorTime: () => figures.lastErrorTime || undefined,
  }
}
