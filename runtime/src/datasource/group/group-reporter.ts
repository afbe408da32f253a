/** A group as the registry and the log see it: its events, and the attributes that a datasource has with members alone. */
import { objectNameOf } from '@spyglass/agent'
import { attr } from '@spyglass/agent/contract'
import type { EventInput } from '@spyglass/agent/registry'
import { kinds } from '@spyglass/mbeans/kinds'
import type { PoolSurroundings } from '../pool-resource.ts'
import type { Group } from './group.ts'
import type { Member } from './member.ts'

export interface ReportedGroup {
  readonly name: string
  readonly group: Group
  readonly targetOf: (member: Member) => string
  readonly lentOf: (member: Member) => number
}

/** The attributes of the group, whose events are told from now on. */
export function reportGroup(reported: ReportedGroup, surroundings: PoolSurroundings) {
  const { name: datasource, group } = reported
  const { logger, registry, instance, application } = surroundings
  const resource = objectNameOf(kinds.datasource, { instance, name: datasource })
  const whose = application === undefined ? {} : { [attr.application]: application }
  let failovers = 0
  const emit = (event: Pick<EventInput, 'name' | 'message'>, attributes: Readonly<Record<string, string>>): void => {
    registry.emit({ ...event, resource, attributes: { datasource, ...attributes, ...whose } })
    logger.warn({ datasource, ...attributes }, event.message)
  }
  group.events.on('writer', (to, from) => {
    if (!from) return
    failovers++
    const message = `datasource ${datasource}: writes go to ${to.name} instead of ${from.name}`
    emit({ name: 'spyglass.datasource.failover', message }, { from: from.name, to: to.name, target: reported.targetOf(to) })
  })
  group.events.on('restored', ({ name }) =>
    emit({ name: 'spyglass.datasource.restored', message: `datasource ${datasource}: ${name} is back` }, { member: name }),
  )
  group.events.on('down', ({ name }, reason) => logger.warn({ datasource, member: name, reason }, 'member is down'))
  return { failovers: () => failovers, members: () => group.members.map((member) => memberRow(member, reported)) }
}

/** `lagMs` is -1 where nobody knows. */
function memberRow(member: Member, { group, targetOf, lentOf }: ReportedGroup) {
  const { standing, lastError } = group.stateOf(member)
  return {
    member: member.name,
    role: member.role,
    use: group.useOf(member),
    target: targetOf(member),
    timeline: standing?.timeline ?? 0,
    lagMs: Math.round(standing?.lagMs ?? -1),
    lent: lentOf(member),
    lastError,
  }
}
