/** Rows of the table `events`. The instance and the application are those that an event is about, if its resource names them. */
import { attr, keysOf, type SpyglassEvent } from '@spyglass/agent/contract'
import type { OriginatedEvent } from './logs.ts'
import { TableBlock } from '../native/table-block.ts'

export function eventBlock(found: readonly OriginatedEvent[]): TableBlock {
  const block = new TableBlock('events')
  for (const { event, server, service, instance } of found) {
    block.fixed('Time').data.whole(event.time)
    block.dictionary('Name').string(event.name)
    block.text('IncidentId').string(event.incidentId)
    block.dictionary('Phase').string(event.phase)
    block.dictionary('Severity').string(event.severity)
    block.text('Resource').string(event.resource)
    block.dictionary('ServiceName').string(service)
    block.dictionary('Instance').string(instanceAbout(event.resource, instance))
    block.dictionary('Server').string(server)
    block.dictionary('Application').string(applicationAbout(event))
    block.text('Message').string(event.message)
    block.map('Attributes').entries(Object.entries(event.attributes).map(([key, value]) => [key, String(value)]))
    block.text('Holders').string(event.holders ? JSON.stringify(event.holders) : '')
    block.endRow(event.time / 1000)
  }
  return block
}

/** Another process of the sender's server has the same end of its id: `shop-1@9f8e7d6c`. */
function instanceAbout(resource: string, sender: string): string {
  const server = sender.lastIndexOf('@')
  const about = server < 0 ? undefined : processOf(resource)
  return about === undefined ? sender : `${about}${sender.slice(server)}`
}

function processOf(resource: string): string | undefined {
  const keys = keysOf(resource)
  return keys?.['instance'] ?? keys?.['process'] ?? (keys?.['type'] === 'Instance' ? keys['name'] : undefined)
}

/** Instances and pools that serve one application alone name it in their events. */
function applicationAbout({ resource, attributes }: SpyglassEvent): string {
  const keys = keysOf(resource)
  if (keys?.['type'] === 'Application') return keys['name'] ?? ''
  return keys?.['application'] ?? String(attributes[attr.application] ?? '')
}
