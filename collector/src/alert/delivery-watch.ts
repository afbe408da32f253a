/** The receivers of pages as managed resources, and the rule PagingBroken about them. */
import { incidentId, objectNameOf } from '@spyglass/agent/contract'
import { kinds } from '@spyglass/mbeans/kinds'
import type { Registry } from '@spyglass/agent/registry'
import type { Delivery, Notifier } from '../notify/index.ts'
import type { Words } from '../words/index.ts'
import type { Evaluator } from './evaluator.ts'

export const PAGING_BROKEN = 'PagingBroken'
/** A restart of a receiver must not page over the others. */
const BROKEN_AFTER_MS = 60_000

export const resourceOf = (receiver: string): string => objectNameOf(kinds.receiver, { name: receiver })

/** The receivers as managed resources. `update`: after they have changed. */
export function registerReceivers(registry: Registry, notifier: Pick<Notifier, 'deliveries'>): { update(): void } {
  const registered = new Map<string, () => void>()
  const update = (): void => {
    const names = new Set(notifier.deliveries().map(({ receiver }) => receiver))
    for (const [name, unregister] of registered) if (!names.has(name) && registered.delete(name)) unregister()
    for (const name of names) if (!registered.has(name)) registered.set(name, register(name, registry, notifier))
  }
  update()
  return { update }
}

function register(receiver: string, registry: Registry, notifier: Pick<Notifier, 'deliveries'>): () => void {
  const present = (): Delivery | undefined => notifier.deliveries().find((one) => one.receiver === receiver)
  return registry.register(
    kinds.receiver,
    { name: receiver },
    {
      name: () => receiver,
      state: () => stateOf(present()),
      waiting: () => present()?.waiting ?? 0,
      lastSuccess: () => present()?.lastSuccess,
      failingSince: () => present()?.failingSince,
      problem: () => present()?.reason,
    },
  )
}

function stateOf(delivery: Delivery | undefined): 'unused' | 'ok' | 'failing' {
  if (delivery?.failingSince !== undefined) return 'failing'
  return delivery?.lastSuccess === undefined ? 'unused' : 'ok'
}

interface WatchMoment {
  readonly now: number
  readonly words: Words
}

/** Raises PagingBroken for a receiver that has accepted nothing for a minute, and clears it when it accepts. */
export function watchDeliveries(deliveries: readonly Delivery[], evaluator: Evaluator, { now, words }: WatchMoment): void {
  const known = new Set(deliveries.map(({ receiver }) => resourceOf(receiver)))
  for (const { rule, resource, state } of evaluator.list())
    if (rule === PAGING_BROKEN && state !== 'resolved' && !known.has(resource)) evaluator.clear({ rule, resource }) // it was removed
  for (const delivery of deliveries) {
    const resource = resourceOf(delivery.receiver)
    const since = delivery.failingSince
    const open = evaluator.openAt({ rule: PAGING_BROKEN, resource })
    if (open && since === undefined) evaluator.clear({ rule: PAGING_BROKEN, resource })
    if (!open && since !== undefined && now - since >= BROKEN_AFTER_MS) evaluator.raise(brokenSince(delivery, since, words))
  }
}

function brokenSince({ receiver, waiting, reason }: Delivery, since: number, words: Words): Parameters<Evaluator['raise']>[0] {
  const resource = resourceOf(receiver)
  return {
    id: incidentId('spyglass.alert.firing', `${PAGING_BROKEN} ${resource}`, since),
    rule: PAGING_BROKEN,
    severity: 'critical',
    resource,
    since,
    delayMs: 0,
    observed: true,
    summary: words.pagingBroken({ receiver, waiting, reason }),
  }
}
