/** The top bar: current view, time range and service. */
import { get, ofRange } from './api.ts'
import type { Rows, Service, Status } from './api-types.ts'
import { type Child, h, update } from './dom.ts'
import { time } from './format.ts'
import { change, here, linkTo, rangeName, rangeOf, ranges } from './location.ts'

const VIEWS = [
  ['overview', 'Overview'],
  ['slow', 'Slow requests'],
  ['statements', 'Statements'],
  ['errors', 'Errors'],
  ['pools', 'Datasources'],
  ['alerts', 'Alerts & events'],
  ['settings', 'Settings'],
] as const

/** Views that are reached from another one. */
const PARTS: Readonly<Record<string, string>> = { trace: 'slow', incident: 'alerts' }

export interface Header {
  /** Draws it for the current location. */
  draw(): void
  /** Fetches firing alerts and known services. */
  refresh(): Promise<void>
}

export function createHeader(element: HTMLElement, refreshNow: () => void): Header {
  let status: Status | undefined
  let services: string[] = []
  let drawn = ''

  function draw(): void {
    const place = here()
    const present = PARTS[place.view] ?? place.view
    update(
      element,
      h(
        'a',
        { class: 'brand', href: linkTo('overview') },
        h('img', { src: '/assets/favicon.svg', alt: '', width: 20, height: 20 }),
        'Spyglass',
      ),
      h(
        'nav',
        { 'aria-label': 'Views' },
        VIEWS.map(([view, label]) => navLink(view, label, { present, status })),
      ),
      h(
        'div',
        { class: 'controls' },
        place.view !== 'incident' && [serviceChoice(services), rangeChoice()], // it has a range of its own
        button('Refresh', '↻', refreshNow),
        button('Dark or light', '◐', turnTheme),
        signOut(status),
      ),
    )
  }

  return {
    draw,
    async refresh() {
      const [state, found] = await Promise.allSettled([get<Status>('status'), get<Rows<Service>>('services', withoutService(ofRange()))])
      if (state.status === 'fulfilled') status = state.value
      if (found.status === 'fulfilled') services = found.value.rows.map(({ service }) => service)
      document.title = `${status && status.unacknowledged > 0 ? `(${status.unacknowledged}) ` : ''}Spyglass${status ? ` · ${status.server}` : ''}`
      const known = JSON.stringify([status?.firing, status?.unacknowledged, status?.server, services])
      if (known !== drawn) draw()
      drawn = known
    },
  }
}

function withoutService(parameters: Record<string, string | number>): Record<string, string | number> {
  return Object.fromEntries(Object.entries(parameters).filter(([name]) => name !== 'service'))
}

function navLink(view: string, label: string, { present, status }: { present: string; status: Status | undefined }): HTMLElement {
  const mark = view === 'alerts' && status !== undefined && alertMark(status)
  return h('a', { href: linkTo(view), 'aria-current': view === present ? 'page' : undefined }, label, ' ', mark)
}

/** How many need somebody; where each has somebody, how many fire. */
function alertMark({ firing, unacknowledged }: Status): Child {
  if (firing === 0) return undefined
  const title = `${firing} firing, ${unacknowledged} not acknowledged`
  return h(
    'span',
    { class: `badge ${unacknowledged > 0 ? 'bad' : 'warn'}`, title, role: 'status', 'aria-label': title },
    unacknowledged || firing,
  )
}

function serviceChoice(services: readonly string[]): HTMLElement {
  const chosen = here().parameters.get('service') ?? ''
  const all = [...new Set([...services, ...(chosen ? [chosen] : [])])].sort()
  const onchange = (event: Event): void => change({ service: (event.target as HTMLSelectElement).value })
  return h(
    'select',
    { 'aria-label': 'Service', onchange },
    h('option', { value: '' }, 'All services'),
    all.map((name) => h('option', { value: name, selected: name === chosen }, name)),
  )
}

function rangeChoice(): HTMLElement {
  const place = here()
  const present = rangeName(place)
  const { from, to } = rangeOf(place)
  const choices = Object.keys(ranges).map((name) =>
    h(
      'button',
      {
        type: 'button',
        'aria-pressed': name === present ? 'true' : 'false',
        onclick: () => change({ range: name, from: undefined, to: undefined }),
      },
      name,
    ),
  )
  const fixed =
    !present &&
    h(
      'button',
      {
        type: 'button',
        'aria-pressed': 'true',
        title: 'Back to the last 15 minutes',
        onclick: () => change({ range: '15m', from: undefined, to: undefined }),
      },
      `${time(from)} – ${time(to)} ✕`,
    )
  return h('div', { class: 'ranges', role: 'group', 'aria-label': 'Time range' }, choices, fixed)
}

function button(label: string, sign: string, onclick: () => void): HTMLElement {
  return h('button', { type: 'button', class: 'icon', 'aria-label': label, title: label, onclick }, sign)
}

function signOut(status: Status | undefined): HTMLElement {
  return h(
    'form',
    { method: 'post', action: '/logout' },
    h('button', { type: 'submit', class: 'quiet', title: status ? `Server ${status.server}` : '' }, 'Log out'),
  )
}

function turnTheme(): void {
  const root = document.documentElement
  const isDark = root.dataset['theme'] ? root.dataset['theme'] === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches
  root.dataset['theme'] = isDark ? 'light' : 'dark'
  localStorage.setItem('spyglass.theme', isDark ? 'light' : 'dark')
  dispatchEvent(new HashChangeEvent('hashchange')) // charts take their colours when they are made
}
