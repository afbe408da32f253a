/** Small pieces that several views show. */
import { type Child, foldable, h } from './dom.ts'
import type { Holder, HolderSession } from './api-types.ts'
import { milliseconds } from './format.ts'
import { t } from './language.ts'
import { linkTo } from './location.ts'

const TONES: Readonly<Record<string, string>> = {
  ready: 'good',
  ok: 'good',
  resolved: 'good',
  acknowledged: 'good',
  silenced: 'warn',
  active: 'warn',
  starting: 'warn',
  draining: 'warn',
  degraded: 'warn',
  pending: 'warn',
  warning: 'warn',
  slow: 'warn',
  WARN: 'warn',
  down: 'bad',
  failed: 'bad',
  exhausted: 'bad',
  firing: 'bad',
  critical: 'bad',
  error: 'bad',
  new: 'warn',
  leak: 'bad',
  ERROR: 'bad',
  FATAL: 'bad',
}

/** A word with the colour of its meaning. */
export function badge(text: string): HTMLElement {
  return h('span', { class: `badge ${TONES[text] ?? ''}` }, t(text))
}

/** `file:line`, to be copied by a click. */
export function codePlace(place: string): Child {
  if (!place) return h('span', { class: 'faint' }, '–')
  const shown = place.length > 48 ? `…${place.slice(-47)}` : place
  const copy = (event: Event): void => {
    event.preventDefault()
    event.stopPropagation()
    void navigator.clipboard?.writeText(place)
  }
  return h('button', { type: 'button', class: 'place', title: `${place} – click to copy`, onclick: copy }, shown)
}

export function traceLink(traceId: string, text: Child = t('trace')): Child {
  return traceId ? h('a', { href: linkTo('trace', traceId), title: traceId }, text) : h('span', { class: 'faint' }, '–')
}

/** Says that a list is cut, where it is as long as it can be. */
export function cutNote(rows: number, most: number, what: string): string | false {
  return rows >= most && `Only the first ${most} ${what} are shown. Choose a shorter range or a service to see the others.`
}

/** Shown where there is no data: what is missing, and the likely reason. */
export function nothing(what: string, why: string): HTMLElement {
  return h('div', { class: 'nothing' }, h('strong', {}, what), h('p', {}, why))
}

/** One figure with its name. */
export function tile(label: string, value: string, hint: string, tone = ''): HTMLElement {
  return h(
    'div',
    { class: `tile ${tone}` },
    h('span', { class: 'label' }, label),
    h('span', { class: 'value' }, value),
    h('span', { class: 'hint' }, hint),
  )
}

/** Who holds connections: longest first, with the stack of the borrower. */
export function holderTable(key: string, holders: readonly Holder[]): HTMLElement {
  const names = [t('Connection'), t('Held'), t('Route'), t('Borrowed at'), t('Last statement'), t('Trace')]
  const head = names.map((name, i) => h('th', { scope: 'col', class: i < 2 ? 'number' : '' }, name))
  const rows = holders.toSorted((a, b) => b.heldMs - a.heldMs).map((holder) => holderRow(`${key}/${holder.connection}`, holder))
  return h('div', { class: 'scroll' }, h('table', { class: 'holders' }, h('thead', {}, h('tr', {}, head)), h('tbody', {}, rows)))
}

/** What the database says of a holder's session, and who blocks it. */
function sessionLines({ id, state, stateMs, waitsFor, blockers }: HolderSession): HTMLElement {
  const waits = waitsFor && `, waits for ${waitsFor}`
  return h(
    'ul',
    { class: 'session' },
    h('li', { class: 'faint' }, `session ${id}: ${state} for ${milliseconds(stateMs)}${waits}`),
    blockers.map((blocker) => {
      const name = blocker.connection === undefined ? `session ${blocker.id} of ${blocker.who}` : `#${blocker.connection}`
      const text = `blocked by ${name}, ${blocker.state} for ${milliseconds(blocker.stateMs)}`
      return h('li', { class: 'bad-text' }, text, ' ', h('code', { title: blocker.statement }, blocker.statement))
    }),
  )
}

function holderRow(key: string, holder: Holder): HTMLElement {
  const { connection, heldMs, route, location, statement, traceId, leaked, running, stack, session } = holder
  const place =
    stack.length > 1 ? foldable(key, codePlace(location), () => h('pre', { class: 'stack' }, stack.join('\n'))) : codePlace(location)
  return h(
    'tr',
    { class: leaked ? 'is-bad' : '', 'data-key': key },
    h('td', { class: 'number' }, `#${connection}`),
    h('td', { class: 'number' }, milliseconds(heldMs)),
    h('td', {}, route || h('span', { class: 'faint' }, t('outside any request')), ' ', leaked && badge('leak')),
    h('td', {}, place),
    h(
      'td',
      { class: 'sql' },
      h('code', { title: statement }, statement || '–'),
      running ? h('span', { class: 'faint' }, t(' running')) : undefined,
      session && sessionLines(session),
    ),
    h('td', {}, traceLink(traceId)),
  )
}
