/** docs/reference/configuration.md, from the schema of spyglass.yaml. */
import { Secrets, SpyglassConfig } from '@spyglass/process/config'
import { z } from 'zod'
import { code, document, section, table } from './markdown.ts'

interface Schema {
  readonly type?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly pattern?: string
  readonly format?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly required?: readonly string[]
}

export interface Setting {
  /** `datasources[].max` */
  readonly path: string
  readonly schema: Schema
  readonly required: boolean
}

export function configurationPage(): string {
  const groups = Map.groupBy(allSettings(), ({ path }) => path.split(/[.[]/)[0] ?? '')
  const single = [...groups].filter(([, settings]) => settings.length === 1).flatMap(([, settings]) => settings)
  const several = [...groups].filter(([, settings]) => settings.length > 1)
  const introduction = [
    'Settings of `spyglass.yaml`. Every setting has a default unless it is marked as required; an empty file is a valid configuration.',
    'An invalid file stops the start and lists every error: its path, the value and what is allowed.',
    '`[]` stands for each entry of a list.',
  ].join('\n')
  return document('Configuration', introduction, [
    section('Top level', rows(single)),
    ...several.map(([name, settings]) => section(name, rows(settings))),
    section(
      'secrets.yaml',
      SECRETS,
      allSecrets()
        .map((path) => `- ${code(path)}`)
        .join('\n'),
    ),
  ])
}

const SECRETS =
  'In the data folder, mode 0600, created at first start with random passwords. To change a password, edit the file and restart. Only Spyglass processes use `internal.token`.'

/** Paths of everything in secrets.yaml. */
export function allSecrets(): string[] {
  return leaves('', z.toJSONSchema(Secrets, { io: 'input' }) as Schema, false).map(({ path }) => path)
}

/** Every setting that holds a value of its own. */
export function allSettings(): Setting[] {
  return leaves('', z.toJSONSchema(SpyglassConfig, { io: 'input' }) as Schema, false)
}

function leaves(path: string, schema: Schema, required: boolean): Setting[] {
  if (schema.properties) {
    return Object.entries(schema.properties).flatMap(([name, child]) =>
      leaves(path === '' ? name : `${path}.${name}`, child, schema.required?.includes(name) === true && child.default === undefined),
    )
  }
  return schema.items?.properties ? leaves(`${path}[]`, schema.items, false) : [{ path, schema, required }]
}

function rows(settings: readonly Setting[]): string {
  return table(
    ['Setting', 'Allowed', 'Default', 'Meaning'],
    settings.map(({ path, schema, required }) => [
      code(path),
      allowed(schema),
      required ? '**required**' : schema.default === undefined ? '' : code(JSON.stringify(schema.default)),
      schema.description ?? '',
    ]),
  )
}

function allowed({ type, enum: values, minimum, maximum, format, pattern }: Schema): string {
  if (values) return values.map((value) => code(String(value))).join(', ')
  if (format === 'uri') return 'a URL'
  if (pattern !== undefined) return `text like ${code(pattern)}`
  if (type === 'integer') return `a whole number, ${range(minimum, maximum)}`
  return { boolean: '`true` or `false`', object: 'names with texts', array: 'a list' }[type ?? ''] ?? 'text'
}

function range(minimum: number | undefined, maximum: number | undefined): string {
  const bounded = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER
  return bounded ? `${minimum ?? 0} to ${maximum}` : `at least ${minimum ?? 0}`
}
