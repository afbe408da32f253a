/** Which service a resource belongs to. */
import { type Row, textOf } from '../query/index.ts'
import { keyOf } from './event-source.ts'

/** Whether a row of services is the service of the resource: its own, or one that its instance serves. */
export function isServiceOf(row: Row, resource: string): boolean {
  if (keyOf(resource, 'type') === 'Service') return textOf(row['service']) === keyOf(resource, 'name')
  const instance = keyOf(resource, keyOf(resource, 'type') === 'Instance' ? 'name' : 'instance')
  const instances = Array.isArray(row['instances']) ? row['instances'].map(String) : []
  return instance !== '' && instances.some((id) => id.slice(0, Math.max(0, id.lastIndexOf('@'))) === instance)
}
