/** docs/reference/events.md, from the declared events. */
import { type EventDeclaration, events } from '@spyglass/agent/contract'
import { code, document, table } from './markdown.ts'

export function eventsPage(): string {
  const introduction = [
    'What happens to resources. The name of an event is the EventName of its log record, the type of its Jolokia notification and its name in the table',
    '`events`. Trap numbers are under `.0` of `snmp.root`. A raise and its clear share an incident id, which every form of the event carries.',
  ].join('\n')
  const rows = Object.entries<EventDeclaration>(events).map(([name, { phase, severity, trap, clears, description }]) => [
    code(name),
    clears === undefined ? phase : `clears ${code(clears)}`,
    severity,
    trap === undefined ? '' : code(`.0.${trap}`),
    description,
  ])
  return document('Events', introduction, [table(['Event', 'Phase', 'Severity', 'Trap', 'Meaning'], rows)])
}
