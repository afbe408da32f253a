/** The settings of a section or an entry as a table; for those who may change them, a form. */
import type { Parameters } from '../api.ts'
import { type Child, h } from '../dom.ts'
import { act, valueText } from './act.ts'
import { type ApiDocument, type Operation, partsOf, resolved, settingSchema } from './api-document.ts'
import { createField, type Field } from './field.ts'
import { createHow } from './how.ts'

export interface SettingValue {
  readonly name: string
  readonly value?: unknown
  readonly source: string
  readonly applies: string
  readonly secret: boolean
  readonly unit?: string
  readonly description: string
  readonly change?: number
}

export interface Group {
  readonly name: string
  readonly settings: readonly SettingValue[]
  /** Of the answer that it came with: a change is refused if somebody else has changed it since. */
  readonly etag: string | undefined
}

export interface SettingsFormOptions {
  readonly document: ApiDocument
  /** Path of the group in the API. */
  readonly path: string
  /** What changes it; undefined for somebody who may not. */
  readonly change: Operation | undefined
  /** Called after a change. */
  readonly changed: () => void
}

interface Row {
  readonly setting: SettingValue
  /** Below the group. */
  readonly path: readonly string[]
  readonly field: Field | undefined
}

export function settingsForm({ name, settings, etag }: Group, options: SettingsFormOptions): HTMLElement {
  const { document, change, path, changed } = options
  const schema = resolved(document, change?.requestBody?.content['application/json']?.schema)
  const depth = partsOf(name).length
  const rows = settings.map((setting): Row => {
    const below = partsOf(setting.name).slice(depth)
    const isFixed = change === undefined || isName(name, below)
    return {
      setting,
      path: below,
      field: isFixed
        ? undefined
        : createField({ label: setting.name, schema: settingSchema(document, schema, below), present: setting.value, isOptional: true }),
    }
  })
  const table = tableOf(rows)
  if (!change) return table
  const how = createHow(true)
  const outcome = h('div', { 'aria-live': 'polite' })
  const send = async (isDry: boolean): Promise<void> => {
    const body = JSON.stringify(bodyOf(rows))
    const parameters: Parameters = how.parameters(isDry)
    const headers = { 'content-type': 'application/json', ...(etag === undefined ? {} : { 'if-match': etag }) }
    const done = await act(outcome, path, { method: 'PATCH', parameters, headers, body })
    if (done && !isDry) changed()
  }
  return h(
    'form',
    { class: 'administration', onsubmit: (event) => (event.preventDefault(), void send(false)) },
    table,
    buttons(how.elements, () => void send(true)),
    outcome,
  )
}

/** An entry keeps its name. */
const isName = (group: string, below: readonly string[]): boolean => below.length === 1 && below[0] === 'name' && partsOf(group).length > 1

function buttons(how: Child, dryRun: () => void): HTMLElement {
  return h(
    'p',
    { class: 'filters' },
    how,
    h('button', { type: 'button', onclick: dryRun }, 'Dry run'),
    h('button', { type: 'submit', class: 'primary' }, 'Change'),
  )
}

function tableOf(rows: readonly Row[]): HTMLElement {
  const head = ['Setting', 'Value', 'From', 'Applies', 'Meaning'].map((label) => h('th', { scope: 'col' }, label))
  return h(
    'div',
    { class: 'scroll' },
    h('table', {}, h('caption', {}, 'Settings'), h('thead', {}, h('tr', {}, head)), h('tbody', {}, rows.map(rowOf))),
  )
}

const WHEN: Readonly<Record<string, string>> = { live: 'at once', reload: 'after a reload', restart: 'after a restart' }

function rowOf({ setting, path, field }: Row): HTMLElement {
  const { source, applies, unit, description, change, secret } = setting
  const value = field ? field.element : h('code', {}, setting.value === undefined ? '–' : valueText(setting.value))
  return h(
    'tr',
    { class: source === 'change' ? 'is-changed' : '' },
    h('th', { scope: 'row' }, path.join('.')),
    h('td', {}, value, ' ', h('span', { class: 'faint' }, unit ?? '', secret && setting.value !== undefined && field ? 'set' : '')),
    h('td', {}, change === undefined ? source : `change ${change}`),
    h('td', {}, WHEN[applies] ?? applies),
    h('td', { class: 'wide' }, description),
  )
}

/** What was changed, as the tree that the API takes; an empty input takes a setting back. */
function bodyOf(rows: readonly Row[]): Readonly<Record<string, unknown>> {
  const body: Record<string, unknown> = {}
  for (const { path, field } of rows) {
    const value = field?.value()
    if (value !== undefined) put(body, path, value)
  }
  return body
}

function put(tree: Record<string, unknown>, [first = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) tree[first] = value
  else put((tree[first] ??= {}) as Record<string, unknown>, rest, value)
}
