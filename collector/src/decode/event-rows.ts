/** Rows of the table `events`. */
import type { OriginatedEvent } from './logs.ts'
import { TableBlock } from '../native/table-block.ts'

export function eventBlock(found: readonly OriginatedEvent[]): TableBlock {
  const block = new TableBlock('events')
  for (const { event, service, instance } of found) {
    block.fixed('Time').data.whole(event.time)
    block.dictionary('Name').string(event.name)
    block.text('IncidentId').string(event.incidentId)
    block.dictionary('Phase').string(event.phase)
    block.dictionary('Severity').string(event.severity)
    block.text('Resource').string(event.resource)
    block.dictionary('ServiceName').string(service)
    block.dictionary('Instance').string(instance)
    block.text('Message').string(event.message)
    block.map('Attributes').entries(Object.entries(event.attributes).map(([key, value]) => [key, String(value)]))
    block.text('Holders').string(event.holders ? JSON.stringify(event.holders) : '')
    block.endRow(event.time / 1000)
  }
  return block
}
