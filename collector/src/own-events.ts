/** The collector's own events when it runs without a keeper: they are stored like those that arrive by OTLP. */
import { hash } from 'node:crypto'
import { attr, type EventSeverity, type SpyglassEvent } from '@spyglass/agent/contract'
import { eventBlock, logBlock, type LogRow } from './decode/index.ts'
import type { Submission } from './wal/index.ts'

const SEVERITY: Readonly<Record<EventSeverity, readonly [string, number]>> = {
  info: ['INFO', 9],
  warning: ['WARN', 13],
  critical: ['FATAL', 21],
}

/** The rows of an event, with a hash that identifies duplicates. */
export function submissionOf(event: SpyglassEvent, service: string, server: string): Submission {
  return {
    lane: 'others',
    hash: `e${hash('sha256', identityOf(event), 'hex').slice(0, 32)}`,
    items: 1,
    blocks: [logBlock([logRowOf(event, service, server)]), eventBlock([{ event, server, service, instance: service }])],
  }
}

/** An incident is raised and cleared once; of notes on it there may be many. */
const identityOf = ({ name, incidentId, phase, time }: SpyglassEvent): string =>
  [name, incidentId, phase, ...(phase === 'note' ? [time] : [])].join('\n')

function logRowOf(event: SpyglassEvent, service: string, server: string): LogRow {
  const [severityText, severityNumber] = SEVERITY[event.severity]
  const own: [string, string][] = [
    [attr.incidentId, event.incidentId],
    [attr.eventPhase, event.phase],
    [attr.eventResource, event.resource],
  ]
  const others = Object.entries(event.attributes).map(([key, value]): [string, string] => [key, String(value)])
  return {
    time: event.time,
    severityText,
    severityNumber,
    service,
    body: event.message,
    traceId: '',
    spanId: '',
    eventName: event.name,
    resource: [
      [attr.serviceName, service],
      [attr.serverName, server],
    ],
    attributes: [...own, ...others, ...(event.holders ? [[attr.eventHolders, JSON.stringify(event.holders)] as [string, string]] : [])],
  }
}
