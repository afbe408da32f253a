/** docs/reference/managed-resources.md, from the declared kinds: one declaration, all its names. */
import {
  type AttributeDeclaration,
  isMetric,
  isStateSet,
  type OpenType,
  otelNameOf,
  prometheusNameOf,
  type ResourceKind,
} from '@spyglass/agent/contract'
import { allDeclaredKinds } from '@spyglass/mbeans/kinds'
import { declaredSettings } from '@spyglass/process/settings'
import { code, document, section, table } from './markdown.ts'

export function managedResourcesPage(): string {
  const introduction = [
    'Each kind of resource is declared once; all its names are derived from that. OIDs are under `snmp.root` of the configuration',
    '(`1.3.6.1.4.1.8072.9999.9999` by default). Where a factor is given, the SNMP value is multiplied by it. Command line:',
    '`spyglass get KIND.KEYS.ATTRIBUTE`, for instance `spyglass get datasource.http-1.shop.activeConnections`.',
  ].join('\n')
  return document('Managed resources', introduction, allDeclaredKinds.map(kindSection))
}

function kindSection(kind: ResourceKind): string {
  const rows = Object.entries(kind.attributes).map(([name, declared]) => attributeRow(kind, name, declared))
  const head = ['Attribute', 'Type', 'Unit', 'Prometheus', 'OpenTelemetry', 'OID', 'Meaning']
  const parts = [
    kind.description,
    `ObjectName: ${code(objectNamePattern(kind))}`,
    table(head, rows),
    operationsTable(kind),
    eventsText(kind),
  ]
  return section(kind.name, ...parts.filter((part) => part !== ''))
}

function operationsTable({ operations = {} }: ResourceKind): string {
  const rows = Object.entries(operations).map(([name, declared]) => [
    code(name),
    Object.entries(declared.arguments ?? {})
      .map(
        ([argument, { type, optional, description }]) =>
          `${code(argument)} (${openTypeText(type)}${optional ? ', optional' : ''}): ${description}`,
      )
      .join(' '),
    declared.role,
    declared.description,
  ])
  return rows.length === 0 ? '' : table(['Operation', 'Arguments', 'Role', 'Meaning'], rows)
}

function eventsText({ events = [] }: ResourceKind): string {
  return events.length === 0 ? '' : `Events: ${events.map(code).join(', ')}.`
}

function objectNamePattern({ domain, type, keys }: ResourceKind): string {
  return `${domain}:${[`type=${type}`, ...keys.map((key) => `${key}=…`)].join(',')}`
}

function attributeRow(kind: ResourceKind, name: string, declared: AttributeDeclaration): string[] {
  const metric = isMetric(kind, name)
  return [
    code(name),
    typeText(declared),
    declared.unit ?? '',
    metric || isStateSet(kind, name) ? code(prometheusNameOf(kind, name)) : '',
    metric ? code(otelNameOf(kind, name)) : '',
    oidText(kind, declared),
    [declared.description, settingText(kind.name, name)].filter(Boolean).join(' '),
  ]
}

function oidText({ table: number }: ResourceKind, { column, snmpScale }: AttributeDeclaration): string {
  if (number === undefined || column === undefined) return ''
  return `${code(`.1.${number}.1.${column}`)}${snmpScale === undefined ? '' : ` × ${snmpScale}`}`
}

/** The setting of spyglass.yaml that an attribute shows, and when a change of it counts. */
function settingText(kind: string, attribute: string): string {
  const shown = declaredSettings().find((found) => found.kind === kind && found.setting.attribute === attribute)
  if (!shown) return ''
  return `The setting ${code(shown.path)}; a change applies ${shown.applies === 'live' ? 'at once' : `after a ${shown.applies}`}.`
}

function typeText({ type, values }: AttributeDeclaration): string {
  return values ? values.map(code).join(', ') : openTypeText(type)
}

function openTypeText(type: OpenType): string {
  if (typeof type === 'string') return type
  if ('array' in type) return `list of ${openTypeText(type.array)}`
  if ('composite' in type) return `composite of ${Object.keys(type.items).join(', ')}`
  return `table of ${Object.keys(type.row).join(', ')}`
}
