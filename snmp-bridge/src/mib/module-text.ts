/** The text of SPYGLASS-MIB, generated from the declared kinds and events: the same declarations and root give the same text. */
import type { EventSeverity } from '@spyglass/agent/contract'
import { type Oid, startsWith } from '../ber/oid.ts'
import { agentObjects } from './agent-objects.ts'
import { group, identifier, lines, list, notificationType, objectType, quoted, textualConvention } from './clauses.ts'
import { HCNUM_TC } from './hcnum-tc.ts'
import { AGENT_OBJECTS, COMPLIANCES, EVENT_OBJECTS } from './layout.ts'
import { mibRevision } from './mib-revision.gen.ts'
import { eventObjects, mibNotifications } from './notifications.ts'
import { mibTables, type MibTable } from './tables.ts'

export const MODULE_NAME = 'SPYGLASS-MIB'
const NOTIFICATION_GROUP = 102

/** The whole module, rooted at `root`. `revision` is its LAST-UPDATED. */
export function mibText(root: Oid, revision: string = mibRevision.lastUpdated): string {
  const tables = mibTables()
  const sections = [
    header(root),
    identity(root, revision),
    conventions(),
    structure(),
    ...tables.map(tableText),
    agentText(),
    eventText(),
    notificationText(),
    conformanceText(tables),
    'END',
  ]
  return `${sections.join('\n\n')}\n`
}

function header(root: Oid): string {
  return lines(
    `${MODULE_NAME} DEFINITIONS ::= BEGIN`,
    '',
    'IMPORTS',
    '    MODULE-IDENTITY, OBJECT-TYPE, OBJECT-IDENTITY, NOTIFICATION-TYPE,',
    `    Counter32, Counter64, Gauge32, Unsigned32, ${anchorOf(root).anchor}`,
    '        FROM SNMPv2-SMI',
    '    TEXTUAL-CONVENTION, DateAndTime, TruthValue',
    '        FROM SNMPv2-TC',
    '    CounterBasedGauge64',
    `        FROM ${HCNUM_TC}`,
    '    MODULE-COMPLIANCE, OBJECT-GROUP, NOTIFICATION-GROUP',
    '        FROM SNMPv2-CONF;',
  )
}

/** Each number of the root gets its own name: smilint warns about definitions that skip a level. */
function identity(root: Oid, revision: string): string {
  const { anchor, rest } = anchorOf(root)
  const steps = rest.slice(0, -1).map((number, i) => identifier(stepName(i), `${i === 0 ? anchor : stepName(i - 1)} ${number}`))
  const parent = rest.length > 1 ? stepName(rest.length - 2) : anchor
  return lines(
    'spyglassMIB MODULE-IDENTITY',
    `    LAST-UPDATED "${revision}"`,
    '    ORGANIZATION "Spyglass"',
    '    CONTACT-INFO',
    quoted('The administrator of this server; its address is in sysContact.'),
    '    DESCRIPTION',
    quoted(
      'Application servers, their instances, listeners, pools of database connections, applications and processes, as the Spyglass ' +
        'suite manages them. All objects are read-only. Row numbers survive restarts and are never reused for another resource. ' +
        'An unknown value is absent, never zero. Text objects may contain statements, hosts and users: grant access with care.',
    ),
    `    REVISION "${revision}"`,
    '    DESCRIPTION',
    quoted('First version.'),
    `    ::= { ${parent} ${rest.at(-1)} }`,
    ...steps.flatMap((step) => ['', step]),
  )
}

const stepName = (i: number): string => `sgRootArc${i + 1}`

function anchorOf(root: Oid): { anchor: string; rest: readonly number[] } {
  const enterprises = [1, 3, 6, 1, 4, 1]
  return startsWith(root, enterprises) && root.length > enterprises.length
    ? { anchor: 'enterprises', rest: root.slice(enterprises.length) }
    : { anchor: 'internet', rest: root.slice(4) }
}

function conventions(): string {
  return [
    textualConvention({
      name: 'SgUtf8String',
      hint: '255t',
      description: 'UTF-8 text. Longer text is cut and ends with an ellipsis.',
      syntax: 'OCTET STRING (SIZE (0..255))',
    }),
    textualConvention({
      name: 'SgLongUtf8String',
      hint: '1024t',
      description: 'UTF-8 text of several lines. Longer text is cut and ends with an ellipsis.',
      syntax: 'OCTET STRING (SIZE (0..1024))',
    }),
  ].join('\n\n')
}

function structure(): string {
  return [
    identifier('sgNotifications', 'spyglassMIB 0'),
    identifier('sgObjects', 'spyglassMIB 1'),
    identifier('sgConformance', 'spyglassMIB 2'),
    identifier('sgProducts', 'spyglassMIB 3'),
    identifier('sgAgent', `sgObjects ${AGENT_OBJECTS}`),
    identifier('sgEvent', `sgObjects ${EVENT_OBJECTS}`),
    identifier('sgCompliances', `sgConformance ${COMPLIANCES}`),
    identifier('sgGroups', 'sgConformance 2'),
    lines(
      'sgBridge OBJECT-IDENTITY',
      '    STATUS      current',
      '    DESCRIPTION',
      quoted('The Spyglass SNMP bridge: the value of its sysObjectID.'),
      '    ::= { sgProducts 1 }',
    ),
  ].join('\n\n')
}

function tableText(table: MibTable): string {
  const { prefix, kind, indexes, indexColumn, columns } = table
  const own = indexes.at(-1)!.descriptor
  const entryType = `${prefix.charAt(0).toUpperCase()}${prefix.slice(1)}Entry`
  const members = [[own, 'Unsigned32'] as const, ...columns.map(({ descriptor, syntax }) => [descriptor, plainSyntax(syntax)] as const)]
  return [
    objectType({
      descriptor: `${prefix}Table`,
      syntax: `SEQUENCE OF ${entryType}`,
      access: 'not-accessible',
      description: `${kind.description} A row exists as long as the resource does.`,
      at: `sgObjects ${table.number}`,
    }),
    objectType({
      descriptor: `${prefix}Entry`,
      syntax: entryType,
      access: 'not-accessible',
      description: 'One resource of this kind. Its counters go on when its process is replaced, and begin at 0 when the server starts.',
      tail: `INDEX       { ${indexes.map(({ descriptor }) => descriptor).join(', ')} }`,
      at: `${prefix}Table 1`,
    }),
    lines(`${entryType} ::= SEQUENCE {`, members.map(([name, type]) => `    ${name}  ${type}`).join(',\n'), '}'),
    objectType({
      descriptor: own,
      syntax: 'Unsigned32 (1..4294967295)',
      access: 'not-accessible',
      description: 'Number of the row. It stays with the name of the resource permanently, across restarts.',
      at: `${prefix}Entry ${indexColumn}`,
    }),
    ...columns.map(({ descriptor, syntax, units, description, number, counter }) =>
      objectType({
        descriptor,
        syntax,
        units,
        access: 'read-only',
        description: counter ? `${description} Begins at 0 when the server starts.` : description,
        at: `${prefix}Entry ${number}`,
      }),
    ),
  ].join('\n\n')
}

/** A SEQUENCE may only contain the base type of an enumeration. */
const plainSyntax = (syntax: string): string => (syntax.startsWith('INTEGER') ? 'INTEGER' : syntax)

function agentText(): string {
  return agentObjects
    .map(({ descriptor, syntax, units, description, number }) =>
      objectType({ descriptor, syntax, units, access: 'read-only', description, at: `sgAgent ${number}` }),
    )
    .join('\n\n')
}

function eventText(): string {
  return eventObjects
    .map(({ descriptor, syntax, description, number }) =>
      objectType({ descriptor, syntax, access: 'accessible-for-notify', description, at: `sgEvent ${number}` }),
    )
    .join('\n\n')
}

function notificationText(): string {
  const objects = eventObjects.map(({ descriptor }) => descriptor)
  return mibNotifications()
    .map(({ descriptor, description, number, severity }) =>
      notificationType({
        descriptor,
        objects,
        description,
        annotations: annotationsOf(descriptor, severity),
        at: `sgNotifications ${number}`,
      }),
    )
    .join('\n\n')
}

/** Severities as OpenView and snmptt name them. */
const TRAP_SEVERITIES: Readonly<Record<EventSeverity, string>> = { info: 'NORMAL', warning: 'MINOR', critical: 'CRITICAL' }

/** Comments that snmpttconvertmib and OpenView read: a title, a summary of message, instance and object, and the severity. */
function annotationsOf(descriptor: string, severity: EventSeverity): string[] {
  const shown = ['sgEventMessage', 'sgEventInstance', 'sgEventObject', 'sgEventIncident'].map((name) =>
    eventObjects.findIndex(({ descriptor }) => descriptor === name),
  )
  return [
    `--#TYPE "${wordsOf(descriptor)}"`,
    '--#SUMMARY "%s (instance %s, object %s, incident %s)"',
    `--#ARGUMENTS {${shown.join(',')}}`,
    `--#SEVERITY ${TRAP_SEVERITIES[severity]}`,
  ]
}

/** `sgInstanceReloadFailed` is `Instance reload failed`. */
function wordsOf(descriptor: string): string {
  const [first = '', ...rest] = descriptor.slice(2).split(/(?=[A-Z])/)
  return [first, ...rest.map((word) => word.toLowerCase())].join(' ')
}

function conformanceText(tables: readonly MibTable[]): string {
  const objectGroups = [
    ...tables.map(({ prefix, number, columns }) => ({
      name: `${prefix}Group`,
      number,
      members: columns.map(({ descriptor }) => descriptor),
    })),
    { name: 'sgAgentGroup', number: AGENT_OBJECTS, members: agentObjects.map(({ descriptor }) => descriptor) },
    { name: 'sgEventGroup', number: EVENT_OBJECTS, members: eventObjects.map(({ descriptor }) => descriptor) },
  ]
  const notifications = mibNotifications().map(({ descriptor }) => descriptor)
  return [
    lines(
      'sgCompliance MODULE-COMPLIANCE',
      '    STATUS      current',
      '    DESCRIPTION',
      quoted('What a Spyglass bridge implements.'),
      '    MODULE',
      '    MANDATORY-GROUPS {',
      list([...objectGroups.map(({ name }) => name), 'sgNotificationGroup']),
      '    }',
      '    ::= { sgCompliances 1 }',
    ),
    ...objectGroups.map(({ name, number, members }) =>
      group({ descriptor: name, macro: 'OBJECT-GROUP', members, description: 'A group of related objects.', at: `sgGroups ${number}` }),
    ),
    group({
      descriptor: 'sgNotificationGroup',
      macro: 'NOTIFICATION-GROUP',
      members: notifications,
      description: 'All notifications.',
      at: `sgGroups ${NOTIFICATION_GROUP}`,
    }),
  ].join('\n\n')
}
