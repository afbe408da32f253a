/**
 * The OpenAPI document of the administration API, which the server makes from its declarations: what there is, what it accepts and who may do it. All
 * forms are made from it.
 */
export interface Schema {
  readonly $ref?: string
  readonly allOf?: readonly Schema[]
  readonly items?: Schema
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly enum?: readonly (string | null)[]
  readonly minimum?: number
  readonly maximum?: number
  readonly default?: unknown
  readonly writeOnly?: boolean
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
}

export interface Parameter {
  readonly name?: string
  readonly in?: string
  readonly description?: string
  readonly required?: boolean
  readonly schema?: Schema
}

export interface Operation {
  readonly summary: string
  readonly 'x-role': string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: Schema }>> }
  readonly responses: Readonly<Record<string, unknown>>
}

export type Method = 'get' | 'post' | 'patch' | 'delete'
export type PathItem = { readonly [M in Method]?: Operation }

export interface ApiDocument {
  readonly paths: Readonly<Record<string, PathItem>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

/** The template that an address fits: `/applications/{name}` for `/applications/shop`; literal parts win. */
export function templateOf({ paths }: ApiDocument, segments: readonly string[]): string | undefined {
  const fits = Object.keys(paths).filter((path) => {
    const parts = path.slice(1).split('/')
    return parts.length === segments.length && parts.every((part, i) => part.startsWith('{') || part === segments[i])
  })
  return fits.sort((a, b) => a.split('{').length - b.split('{').length)[0]
}

/** What is directly below a template: its last segment and what can be done there. */
export function below({ paths }: ApiDocument, template: string): readonly (readonly [string, PathItem])[] {
  return Object.entries(paths).flatMap(([path, item]) => {
    const rest = path.startsWith(`${template}/`) ? path.slice(template.length + 1) : ''
    return rest === '' || /[/{]/.test(rest) ? [] : [[rest, item] as const]
  })
}

/** A list of spyglass.yaml: entries are created there. */
export const isList = ({ post }: PathItem): boolean => post !== undefined && '201' in post.responses

/** A section: its settings are changed together. */
export const isSection = ({ patch }: PathItem): boolean => patch !== undefined

/** An operation whose result is a list that grows. */
export const isFollowed = ({ get }: PathItem): boolean => get?.parameters?.some(({ name }) => name === 'follow') ?? false

/** Sections, lists, and kinds of live resources that something can be done with. */
export function roots(document: ApiDocument): readonly string[] {
  const sections = Object.entries(document.paths).flatMap(([path, item]) =>
    /^\/[^/]+$/.test(path) && path !== '/settings' && (isSection(item) || isList(item)) ? [path.slice(1)] : [],
  )
  const kinds = Object.entries(document.paths).flatMap(([path, { post }]) =>
    post && path.startsWith('/resources/') ? [path.split('/').slice(1, 3).join('/')] : [],
  )
  return [...sections, ...new Set(kinds)]
}

/** What a reference and `allOf` lead to; its own keywords win, and its properties are added. */
export function resolved(document: Pick<ApiDocument, 'components'>, schema: Schema = {}): Schema {
  const { $ref, allOf = [], ...own } = schema
  const bases = [...($ref === undefined ? [] : [targetOf(document, $ref)]), ...allOf].map((base) => resolved(document, base))
  const properties = Object.assign({}, ...[...bases, own].map((one) => one.properties)) as Schema['properties']
  return Object.assign({}, ...bases, own, Object.keys(properties ?? {}).length === 0 ? {} : { properties }) as Schema
}

function targetOf({ components }: Pick<ApiDocument, 'components'>, reference: string): Schema | undefined {
  const path = reference.replace('#/components/schemas/', '').split('/properties/')
  return path.slice(1).reduce<Schema | undefined>((found, name) => found?.properties?.[name], components.schemas[path[0] ?? ''])
}

/** The schema of a setting below a group: `access.format`. */
export function settingSchema(document: ApiDocument, group: Schema, path: readonly string[]): Schema {
  return path.reduce<Schema>((schema, name) => resolved(document, resolved(document, schema).properties?.[name]), group)
}

/** Parts of a dotted name, without their escapes. */
export function partsOf(name: string): readonly string[] {
  const parts = ['']
  for (const [token] of name.matchAll(/\\?[^]/g)) {
    if (token === '.') parts.push('')
    else parts[parts.length - 1] += token.length > 1 ? token.slice(1) : token
  }
  return parts
}

export const ROLES = ['viewer', 'operator', 'administrator']

/** The last part that names a thing, for people: `certificates` of `listeners/http/tls/certificates`. */
export const pathOf = (segments: readonly string[]): string => `administration/${segments.map(encodeURIComponent).join('/')}`
