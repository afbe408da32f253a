/** Settings and operations of the server, by the sections of spyglass.yaml. Those who may not change anything see no form. */
import { ApiError, ask, get } from '../api.ts'
import { type Child, fill, h } from '../dom.ts'
import { decoded, linkTo, type Place } from '../location.ts'
import { nothing } from '../parts.ts'
import type { View } from '../view.ts'
import { valueText } from './act.ts'
import {
  type ApiDocument,
  below,
  isFollowed,
  isList,
  isSection,
  partsOf,
  pathOf,
  type PathItem,
  ROLES,
  roots,
  templateOf,
} from './api-document.ts'
import { apiDocument } from './load-document.ts'
import { type HistoryEntry, type HistoryOptions, historyTable } from './history.ts'
import { logPanel } from './log-panel.ts'
import { operationForm, type OperationFormOptions } from './operation-form.ts'
import { type SettingValue, settingsForm } from './settings-form.ts'

interface Session {
  readonly role?: string
  readonly user?: string
  readonly mayChange?: boolean
}

/** Entries of the history. */
const LAST = 20

export function createSettings({ argument }: Place): View {
  const segments = (argument || 'server').split('/').map(decoded)
  const content = h('div')
  let message: Child
  async function draw(): Promise<void> {
    const [document, session, history] = await Promise.all([apiDocument(), sessionNow(), historyNow()])
    const page = await createPage({ document, session, segments, changed })
    fill(
      content,
      h(
        'nav',
        { class: 'places', 'aria-label': 'Sections' },
        roots(document).map((root) => placeLink(root, segments)),
      ),
      h('div', {}, message, page, h('h2', {}, 'History'), historyOf(history, { mayUndo: may(session, 'administrator'), changed })),
    )
    message = undefined
  }
  /** What was said stays while the page is drawn again. */
  function changed(): void {
    const said = content.querySelector('.outcome')
    message = said ? h('div', {}, said.cloneNode(true)) : undefined
    void draw().catch(() => {}) // the next refresh reports it
  }
  return { title: 'Settings', element: h('div', { class: 'split' }, content), isLive: false, refresh: draw }
}

/** The page is shown even without its history. */
async function historyNow(): Promise<readonly HistoryEntry[] | Error> {
  return get<HistoryEntry[]>('administration/history', { limit: LAST }).catch((error: unknown) => error as Error)
}

function historyOf(history: readonly HistoryEntry[] | Error, options: HistoryOptions): HTMLElement {
  return history instanceof Error ? nothing('The history cannot be shown.', history.message) : historyTable(history, options)
}

async function sessionNow(): Promise<Session> {
  const answer = await fetch('/session')
  return (await answer.json()) as Session
}

/** As the argument of an address. */
const placeOf = (segments: readonly string[]): string => segments.map(encodeURIComponent).join('/')

const may = ({ role = '', mayChange = false }: Session, needed: string): boolean =>
  mayChange && ROLES.indexOf(role) >= ROLES.indexOf(needed)

function placeLink(root: string, segments: readonly string[]): HTMLElement {
  const isHere = segments.slice(0, root.split('/').length).join('/') === root
  return h('a', { href: linkTo('settings', root), 'aria-current': isHere ? 'page' : undefined }, root.replace('resources/', ''))
}

interface Page {
  readonly document: ApiDocument
  readonly session: Session
  readonly segments: readonly string[]
  readonly changed: () => void
}

async function createPage(page: Page): Promise<Child> {
  const { document, segments } = page
  const template = templateOf(document, segments)
  const item = template === undefined ? undefined : document.paths[template]
  if (template === undefined || !item?.get) return nothing('There is no such section.', 'The address may be cut short.')
  try {
    const { body, etag } = await ask(pathOf(segments))
    const inside = below(document, template)
    return [
      trail(segments),
      Array.isArray(body) ? listOf(body as readonly Named[], segments) : itemOf(body as Shown, { ...page, item, etag }),
      actions(page, item, inside),
      logs(page, inside),
      lists(segments, inside),
    ]
  } catch (error) {
    if (error instanceof ApiError && /NAME_UNKNOWN|NOT_FOUND/.test(error.code))
      return [trail(segments), nothing('It is not there any more.', error.message)]
    throw error
  }
}

function trail(segments: readonly string[]): HTMLElement {
  const shown = segments[0] === 'resources' ? segments.slice(1) : segments
  const links = shown.map((segment, i) => {
    const path = segments.slice(0, segments.length - shown.length + i + 1)
    return i === shown.length - 1 ? segment : [h('a', { href: linkTo('settings', placeOf(path)) }, segment), ' / ']
  })
  return h('h1', {}, links)
}

interface Named {
  readonly name: string
}

/** Of a section or an entry its settings; of a live resource its values. */
interface Shown extends Named {
  readonly settings?: readonly SettingValue[]
  readonly values: Readonly<Record<string, unknown>>
}

function listOf(entries: readonly Named[], segments: readonly string[]): Child {
  if (entries.length === 0) return nothing('There is no entry.', 'One that is created is listed here.')
  const depth = segments[0] === 'resources' ? 1 : segments.length
  const links = entries.map(({ name }) => {
    const own = partsOf(name).slice(depth)
    return h('li', {}, h('a', { href: linkTo('settings', placeOf([...segments, ...own])) }, own.join(' ')))
  })
  return h('ul', { class: 'entries' }, links)
}

function itemOf(
  shown: Shown,
  { document, session, segments, changed, item, etag }: Page & { readonly item: PathItem; readonly etag: string | undefined },
): Child {
  const { settings } = shown
  if (!settings) return valuesTable(shown.values)
  const change = item.patch && may(session, item.patch['x-role']) ? item.patch : undefined
  return settingsForm({ name: shown.name, settings, etag }, { document, path: pathOf(segments), change, changed })
}

function valuesTable(values: Shown['values']): HTMLElement {
  const rows = Object.entries(values).map(([name, value]) =>
    h('tr', {}, h('th', { scope: 'row' }, name), h('td', { class: 'wide' }, h('code', {}, valueText(value)))),
  )
  return h('div', { class: 'scroll' }, h('table', {}, h('caption', {}, 'Attributes'), h('tbody', {}, rows)))
}

/** Everything that the caller may do here besides changing settings. */
function actions({ document, session, segments, changed }: Page, item: PathItem, inside: ReturnType<typeof below>): Child {
  const path = pathOf(segments)
  const toList = (): void => void (location.hash = linkTo('settings', placeOf(segments.slice(0, -1))))
  const own: readonly Form[] = [
    ...(item.post && isList(item) ? [{ method: 'post', label: 'create', operation: item.post, path, hasEnd: true } as const] : []),
    ...(item.delete
      ? [{ method: 'delete', label: 'delete', operation: item.delete, path, hasEnd: true, isDestructive: true, done: toList } as const]
      : []),
  ]
  const operations = inside.flatMap(([label, found]): Form[] => {
    if (isSection(found) || isList(found) || isFollowed(found)) return []
    const method = found.post ? 'post' : 'get'
    const operation = found[method]
    return operation ? [{ method, label, operation, path: `${path}/${label}`, isDestructive: /^(delete|undeploy|revoke)/.test(label) }] : []
  })
  const allowed = [...own, ...operations].filter(({ operation }) => may(session, 'operator') && may(session, operation['x-role']))
  return allowed.length > 0 && [h('h2', {}, 'Operations'), allowed.map((form) => operationForm({ document, done: changed, ...form }))]
}

/** What can be followed while it grows. */
function logs({ segments }: Page, inside: ReturnType<typeof below>): Child {
  return inside.flatMap(([label, item]) => (isFollowed(item) ? [logPanel(`${pathOf(segments)}/${label}`)] : []))
}

/** What follows, `done`, is by default that the page is drawn again. */
type Form = Omit<OperationFormOptions, 'document' | 'done'> & Partial<Pick<OperationFormOptions, 'done'>>

function lists(segments: readonly string[], inside: ReturnType<typeof below>): Child {
  const links = inside
    .filter(([, item]) => isList(item) || isSection(item))
    .map(([name]) => h('li', {}, h('a', { href: linkTo('settings', placeOf([...segments, name])) }, name)))
  return links.length > 0 && [h('h2', {}, 'Within it'), h('ul', { class: 'entries' }, links)]
}
