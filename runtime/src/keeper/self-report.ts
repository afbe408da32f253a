/** The keeper and its slots as resources: the parts of `server` and `instance` that only the keeper knows. */
import type { AttributeValue, RegistrySnapshot, ResourceSnapshot } from '@spyglass/agent/contract'
import type { Part, ServerPlan } from './parts.ts'
import type { Slot } from './slot.ts'

export interface SelfReportInput {
  readonly plan: ServerPlan
  readonly startedAt: number
  readonly instances: readonly Slot[]
  readonly placeOf: (slot: Slot) => Pick<Part, 'listener' | 'isolation'>
  readonly slots: readonly Slot[]
  readonly now: number
}

export function selfReport({ plan, startedAt, instances, slots, now, placeOf }: SelfReportInput): RegistrySnapshot {
  const server: ResourceSnapshot = {
    kind: 'server',
    keys: { name: plan.serverName },
    values: {
      name: plan.serverName,
      id: plan.serverId,
      version: plan.version,
      nodeVersion: process.version,
      startTime: startedAt,
      uptime: now - startedAt,
      instances: instances.length,
      instancesReady: instances.filter(({ state }) => state === 'ready').length,
      restarts: slots.reduce((total, { restarts }) => total + restarts, 0),
      notReady: slots.flatMap((slot) => reasonsOf(slot, instances.includes(slot))),
    },
  }
  return { time: now, resources: [server, ...instances.map((slot) => instanceReport(slot, placeOf(slot), now))] }
}

/** `store is starting`, or what the process itself says: `collector: the disk is full`. The state of an instance is an attribute of the instance. */
function reasonsOf({ name, state, unready }: Slot, isInstance: boolean): readonly string[] {
  if (state === 'ready') return unready.map((reason) => `${name}: ${reason}`)
  return isInstance ? [] : [`${name} is ${state === 'stopped' ? 'down' : state}`]
}

function instanceReport(
  slot: Slot,
  { listener = '', isolation = 'shared' }: Pick<Part, 'listener' | 'isolation'>,
  now: number,
): ResourceSnapshot {
  const { name, state, current, generations, restarts, reloads } = slot
  const life: Record<string, AttributeValue> = current
    ? { pid: current.pid, startTime: current.startedAt, uptime: now - current.startedAt }
    : {}
  return {
    kind: 'instance',
    keys: { name },
    values: {
      name,
      state: state === 'stopped' ? 'down' : state,
      generation: generations,
      restarts,
      reloads,
      listener,
      isolation,
      ...(slot.lastFailure === undefined ? {} : { lastFailure: slot.lastFailure }),
      ...life,
    },
  }
}

/** What events say about the process of a part. */
export function factsOf(slot: Slot): Readonly<Record<string, string | number>> {
  const { name, generations: generation, current, restarts } = slot
  return { instance: name, generation, restarts, ...(current ? { pid: current.pid } : {}) }
}
