/** How patiently each process is treated: settings of the server, which an application may override. */
import type { ApplicationConfig, InstanceGroup, SpyglassConfig } from '@spyglass/process/checked-config'
import { closeMsOf } from '../instance/share.ts'
import type { Policy } from '../decider/reconciler/index.ts'

/** Our own processes are never put into quarantine: nothing works without them. */
export function servicePolicy({ server }: SpyglassConfig): Policy {
  return { ...policyOf(server), drainMs: server.stopMs, closeMs: 0, quarantineAfter: Number.MAX_SAFE_INTEGER }
}

/** Applications that share a process share its policy: of each limit the most patient one counts. */
export function instancePolicy(group: InstanceGroup, config: SpyglassConfig): Policy {
  const { applications } = group
  const { server } = config
  const most = (setting: 'drainMs' | 'stopMs' | 'hangPatienceMs' | 'quarantineAfter'): number => {
    const own = applications.flatMap((application) => application[setting] ?? [])
    return own.length === 0 ? server[setting] : Math.max(...own)
  }
  return {
    ...policyOf(server),
    startPatienceMs: Math.max(server.startPatienceMs, ...applications.map(({ startTimeoutMs }) => startTimeoutMs)),
    drainMs: most('drainMs'),
    stopMs: most('stopMs'),
    closeMs: closeMsOf(group, config),
    hangPatienceMs: most('hangPatienceMs'),
    quarantineAfter: most('quarantineAfter'),
    healthDelayMs: Math.max(0, ...applications.map(healthDelayMs)),
  }
}

const healthDelayMs = ({ health: { failures, intervalMs, timeoutMs } }: ApplicationConfig): number => failures * (intervalMs + timeoutMs)

/** Without its router every application of a listener is away, and it runs no code of theirs that would fail again: it never waits long for its next start. */
const ROUTER_BACK_OFF_MS = 500

/** A router ends when the requests of all its applications may; like our own services it is never given up. */
export function routerPolicy(groups: readonly InstanceGroup[], config: SpyglassConfig): Policy {
  const policies = groups.map((group) => instancePolicy(group, config))
  const most = (setting: 'drainMs' | 'stopMs'): number => Math.max(...policies.map((policy) => policy[setting]))
  const service = servicePolicy(config)
  const backOffMostMs = Math.min(service.backOffMostMs, Math.max(service.backOffFirstMs, ROUTER_BACK_OFF_MS))
  return { ...service, drainMs: most('drainMs'), stopMs: most('stopMs'), backOffMostMs }
}

function policyOf(server: SpyglassConfig['server']): Policy {
  return {
    startPatienceMs: server.startPatienceMs,
    hangPatienceMs: server.hangPatienceMs,
    drainMs: server.drainMs,
    stopMs: server.stopMs,
    closeMs: server.closeMs,
    backOffFirstMs: server.backOffFirstMs,
    backOffMostMs: server.backOffMostMs,
    healthyAfterMs: server.healthyAfterMs,
    healthDelayMs: 0,
    quarantineAfter: server.quarantineAfter,
    quarantineRetryMs: server.quarantineRetryMs,
  }
}
