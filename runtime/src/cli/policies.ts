/** How patiently each process is treated: settings of the server, which an application may override. */
import type { InstanceGroup, SpyglassConfig } from '@spyglass/process/checked-config'
import type { Policy } from '../decider/reconciler/index.ts'

/** Our own processes are never put into quarantine: nothing works without them. */
export function servicePolicy({ server }: SpyglassConfig): Policy {
  return { ...policyOf(server), drainMs: server.stopMs, quarantineAfter: Number.MAX_SAFE_INTEGER }
}

/** Applications that share a process share its policy: of each limit the most patient one counts. */
export function instancePolicy({ applications }: InstanceGroup, { server }: SpyglassConfig): Policy {
  const most = (setting: 'drainMs' | 'stopMs' | 'hangPatienceMs' | 'quarantineAfter'): number => {
    const own = applications.flatMap((application) => application[setting] ?? [])
    return own.length === 0 ? server[setting] : Math.max(...own)
  }
  return {
    ...policyOf(server),
    startPatienceMs: Math.max(server.startPatienceMs, ...applications.map(({ startTimeoutMs }) => startTimeoutMs)),
    drainMs: most('drainMs'),
    stopMs: most('stopMs'),
    hangPatienceMs: most('hangPatienceMs'),
    quarantineAfter: most('quarantineAfter'),
  }
}

function policyOf(server: SpyglassConfig['server']): Policy {
  const {
    startPatienceMs,
    hangPatienceMs,
    drainMs,
    stopMs,
    backOffFirstMs,
    backOffMostMs,
    healthyAfterMs,
    quarantineAfter,
    quarantineRetryMs,
  } = server
  return {
    startPatienceMs,
    hangPatienceMs,
    drainMs,
    stopMs,
    backOffFirstMs,
    backOffMostMs,
    healthyAfterMs,
    quarantineAfter,
    quarantineRetryMs,
  }
}
