/** Which receivers are told what about an incident. */
import type { WebhookConfig } from '@spyglass/process/config'
import { PAGING_BROKEN, resourceOf } from './delivery-watch.ts'
import type { Incident } from './incident.ts'
import type { Announcement } from './page-of.ts'

export function recipientsOf(receivers: readonly WebhookConfig[], incident: Incident, what: Announcement): readonly WebhookConfig[] {
  const reachable = receivers.filter(isReachable(incident))
  if (what === 'escalation') return reachable.filter(({ onlyEscalated }) => onlyEscalated)
  return incident.escalatedAt === undefined ? reachable.filter(({ onlyEscalated }) => !onlyEscalated) : reachable
}

/** That a receiver accepts nothing is told over the others. */
function isReachable({ rule, resource }: Incident): (receiver: WebhookConfig) => boolean {
  return ({ name }) => rule !== PAGING_BROKEN || resource !== resourceOf(name)
}
