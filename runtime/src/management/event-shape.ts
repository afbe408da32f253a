/** Whether what a process sent is an event: an application with a user of its own may send anything, and what the journal has is repeated to all outputs. */
import { events, type SpyglassEvent } from '@spyglass/agent/contract'

/** It stands in headers of pages and in addresses. */
const ID = /^[ -~]{0,64}$/
/** Of a Date. */
const MAX_TIME = 8.64e15
const FLAT = new Set(['string', 'number', 'boolean'])

export function isEvent(value: unknown): value is SpyglassEvent {
  const event = (value ?? {}) as Partial<Record<keyof SpyglassEvent, unknown>>
  const { name, incidentId, resource, message, severity, phase, time, attributes, holders = [] } = event
  if (![name, incidentId, resource, message].every((text) => typeof text === 'string')) return false
  if (!Object.hasOwn(events, name as string) || events[name as SpyglassEvent['name']].phase !== phase) return false
  if (severity !== 'info' && severity !== 'warning' && severity !== 'critical') return false
  return ID.test(incidentId as string) && isTime(time) && isFlat(attributes) && Array.isArray(holders) && holders.every(isObject)
}

/** Outputs write it as a date. */
const isTime = (time: unknown): boolean => typeof time === 'number' && Math.abs(time) <= MAX_TIME
const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null

function isFlat(attributes: unknown): boolean {
  return typeof attributes === 'object' && attributes !== null && Object.values(attributes).every((one) => FLAT.has(typeof one))
}
