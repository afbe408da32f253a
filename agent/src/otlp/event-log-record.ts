/** An event of the registry as an OTLP log record: its name is the EventName, its message the body. */
import type { EventSeverity, SpyglassEvent } from '../contract/events.ts'
import { attr } from '../contract/telemetry.ts'
import type { LogRecord } from './records.ts'

const SEVERITY: Readonly<Record<EventSeverity, { readonly number: number; readonly text: string }>> = {
  info: { number: 9, text: 'INFO' },
  warning: { number: 13, text: 'WARN' },
  critical: { number: 21, text: 'FATAL' },
}

/** The record by which an event reaches the collector, the `events` table and the boards. */
export function eventLogRecord(event: SpyglassEvent): LogRecord {
  const severity = SEVERITY[event.severity]
  return {
    timeMs: event.time,
    severityNumber: severity.number,
    severityText: severity.text,
    body: event.message,
    eventName: event.name,
    attributes: {
      ...event.attributes,
      [attr.incidentId]: event.incidentId,
      [attr.eventPhase]: event.phase,
      [attr.eventResource]: event.resource,
      [attr.eventHolders]: event.holders && JSON.stringify(event.holders),
    },
  }
}
