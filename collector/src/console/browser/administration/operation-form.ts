/** A form for one operation: its arguments, and a button. */
import { h } from '../dom.ts'
import { act } from './act.ts'
import { type ApiDocument, type Method, type Operation, resolved, type Schema } from './api-document.ts'
import { createField, type Field } from './field.ts'
import { createHow } from './how.ts'
import { isOfType } from './typed-text.ts'

export interface OperationFormOptions {
  readonly document: ApiDocument
  readonly method: Method
  /** Word on the button. */
  readonly label: string
  readonly operation: Operation
  /** Path in the API. */
  readonly path: string
  /** Whether a change may be taken back by itself after a time. */
  readonly hasEnd?: boolean
  /** Whether it takes something away: then it is asked for once more. */
  readonly isDestructive?: boolean
  /** Called after it was carried out. */
  readonly done: () => void
}

interface NamedField {
  readonly name: string
  readonly field: Field
}

const ARCHIVES: readonly (readonly [RegExp, string])[] = [
  [/\.(tgz|tar\.gz)$/i, 'application/gzip'],
  [/\.tar$/i, 'application/x-tar'],
  [/\.zip$/i, 'application/zip'],
]

export function operationForm(options: OperationFormOptions): HTMLElement {
  const { document, method, label, operation, hasEnd = false } = options
  const schema = resolved(document, operation.requestBody?.content['application/json']?.schema)
  const fields = Object.entries(schema.properties ?? {})
    .filter(([, { items }]) => items?.$ref === undefined) // entries of an entry are created on its page
    .map(([name, declared]) => namedField(document, { name, declared, schema, label }))
  const takesArchive = operation.requestBody?.content['application/gzip'] !== undefined
  const archive = takesArchive ? h('input', { type: 'file', 'aria-label': `${label} archive`, accept: '.tgz,.gz,.tar,.zip' }) : undefined
  const how = method === 'get' ? undefined : createHow(hasEnd)
  const outcome = h('div', { 'aria-live': 'polite' })
  const run = async (): Promise<void> => {
    if (options.isDestructive && !confirm(`${label}?`)) return
    const values = valuesOf(fields)
    const done = await act(
      outcome,
      options.path,
      requestOf({ method, values, file: archive?.files?.[0], how: how?.parameters() ?? {}, hasBody: fields.length > 0 }),
    )
    if (done) options.done()
  }
  return h(
    'form',
    { class: 'administration operation', onsubmit: (event) => (event.preventDefault(), void run()) },
    h('p', {}, h('strong', {}, label), ' ', h('span', { class: 'faint' }, operation.summary)),
    h(
      'p',
      { class: 'filters' },
      archive && h('label', {}, 'archive ', archive),
      fields.map(({ name, field }) => h('label', { title: schema.properties?.[name]?.description }, `${name} `, field.element)),
      how?.elements,
      h('button', { type: 'submit' }, label),
    ),
    outcome,
  )
}

interface Declared {
  readonly name: string
  readonly declared: Schema
  readonly schema: Schema
  readonly label: string
}

function namedField(document: ApiDocument, { name, declared, schema, label }: Declared): NamedField {
  const whole = resolved(document, declared)
  const isOptional = !(schema.required ?? []).includes(name)
  return {
    name,
    field: createField({
      label: `${label} ${name}`,
      schema: whole,
      isOptional: isOptional || !isOfType(whole, 'boolean'),
    }),
  }
}

function valuesOf(fields: readonly NamedField[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    fields.flatMap(({ name, field }): [string, unknown][] => {
      const value = field.value()
      return value === undefined || value === null ? [] : [[name, value]]
    }),
  )
}

interface Sent {
  readonly method: Method
  readonly values: Readonly<Record<string, unknown>>
  readonly file: File | undefined
  readonly how: Readonly<Record<string, string | undefined>>
  readonly hasBody: boolean
}

/** With an archive as the body, arguments are parameters. */
function requestOf({ method, values, file, how, hasBody }: Sent) {
  if (!file) {
    const json = hasBody ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(values) } : {}
    return { method: method.toUpperCase(), parameters: how, ...json }
  }
  const type = ARCHIVES.find(([ending]) => ending.test(file.name))?.[1] ?? 'application/octet-stream'
  const given = Object.fromEntries(
    Object.entries({ origin: file.name, ...values }).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  )
  return { method: 'POST', parameters: { ...how, ...given }, headers: { 'content-type': type }, body: file }
}
