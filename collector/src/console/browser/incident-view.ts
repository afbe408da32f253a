/** The address of one incident, in the time range of its own: what happened, who did it, what to do. */
import { ApiError, get } from './api.ts'
import { h, update, type Child } from './dom.ts'
import { ago, time, timestamp } from './format.ts'
import { incidentActions, noteForm, whoCares } from './incident-actions.ts'
import { errorTable, failingRoutes, kept, logTable } from './incident-evidence.ts'
import { signalChart } from './incident-signal.ts'
import type { IncidentRoom, Moment, RoomIncident, WaitingPage } from './incident-types.ts'
import { said, t } from './language.ts'
import { linkTo, type Place } from './location.ts'
import { badge, holderTable, nothing } from './parts.ts'
import type { View } from './view.ts'

export function createIncident({ argument: id }: Place): View {
  const content = h('div', { class: 'incident' })
  const chart = signalChart()
  let isKnown = true
  const view: View = {
    title: t('Incident'),
    element: h('article', {}, content),
    get isLive() {
      return isKnown // also when it is over: a note reaches the store seconds later
    },
    async refresh() {
      try {
        const room = await get<IncidentRoom>(`incidents/${encodeURIComponent(id)}`)
        update(
          content,
          drawn(room, chart.drawn(room), () => void view.refresh().catch(() => undefined)),
        ) // the next refresh shows what is wrong
      } catch (error) {
        if (!isUnknown(error)) throw error
        isKnown = false
        update(
          content,
          h('h1', {}, t('Incident')),
          nothing(said('Incident {id} is unknown.', { id }), t('Its id is wrong, or its events have expired.')),
        )
      }
    },
    close: () => chart.close(),
  }
  return view
}

const isUnknown = (error: unknown): boolean =>
  error instanceof ApiError && (error.code === 'SPY_CONSOLE_INCIDENT_NOT_FOUND' || error.code === 'SPY_CONSOLE_PARAMETER_INVALID')

function drawn(room: IncidentRoom, chart: Child, done: () => void): Child {
  const { incident } = room
  const { holders } = incident
  return [
    head(incident),
    facts(room),
    whoCares(incident),
    actions(incident, done),
    part(t('What happened'), timeline(room.timeline), waitingList(room.waiting)),
    part(t('Signal'), chart),
    holders.length > 0 && part(t('Who held connections'), holderTable(`incident/${incident.id}`, holders)),
    failing(room),
    part(t('What changed in the hour before'), changes(room)),
    part(t('Log'), logTable(room.logs)),
    whatToDo(room),
    problems(room),
  ]
}

function head({ id, rule, state, severity, summary, acknowledged, isWithheld }: RoomIncident): Child {
  return [
    h('h1', {}, rule || t('Event')),
    h(
      'p',
      { role: 'status', class: 'filters' },
      [badge(state), badge(severity), acknowledged && badge('acknowledged'), isWithheld && badge('silenced')],
      h('code', {}, id),
      h('a', { href: `/api/v1/incidents/${encodeURIComponent(id)}/file`, download: `incident-${id}.html` }, t('Save for offline reading')),
    ),
    h('p', { class: 'summary' }, summary),
  ]
}

function facts({ incident, service }: IncidentRoom): HTMLElement {
  const { resource, since, resolvedAt, failedRequests } = incident
  const all: readonly (readonly [string, Child])[] = [
    [t('Resource'), h('code', {}, resource.replace(/^spyglass:/, ''))],
    [t('Service'), service && h('a', { href: linkTo('slow', '', rangeOf(incident, service)) }, service)],
    [t('Began'), h('time', { title: timestamp(since) }, time(since))],
    [t('Ended'), resolvedAt !== undefined && h('time', { title: timestamp(resolvedAt) }, time(resolvedAt))],
    [t('Lasted'), incident.state !== 'event' && ago((resolvedAt ?? Date.now()) - since)],
    [t('Failed requests'), failedRequests !== undefined && failedRequests],
  ]
  return h(
    'dl',
    { class: 'known' },
    all.flatMap(([name, value]) => (value === false || value === '' ? [] : [h('div', {}, h('dt', {}, name), h('dd', {}, value))])),
  )
}

const MINUTE_MS = 60_000

/** The other views in the time of the incident. */
const rangeOf = ({ since, resolvedAt }: RoomIncident, service: string) => ({
  service,
  range: undefined,
  from: since - 5 * MINUTE_MS,
  to: (resolvedAt ?? Date.now()) + MINUTE_MS,
})

function actions(incident: RoomIncident, done: () => void): Child {
  if (incident.state === 'event') return undefined
  const known = { ...incident, state: incident.state }
  return h('div', { class: 'incident-actions' }, incidentActions(known, done), noteForm(known, done))
}

const part = (title: string, ...content: Child[]): HTMLElement => h('section', { 'data-key': title }, h('h2', {}, title), content)

/** Newest last: it is read as a story. */
function timeline(moments: readonly Moment[]): HTMLElement {
  const items = moments.map(({ time: at, type, text }) =>
    h(
      'li',
      { class: `moment ${type}`, 'data-key': `${type} ${at} ${text}` },
      h('time', { title: timestamp(at) }, time(at)),
      h('span', { class: 'label' }, t(type)),
      h('span', { class: 'lines' }, text),
    ),
  )
  return h('ol', { class: 'timeline', 'aria-live': 'polite', 'aria-relevant': 'additions' }, items)
}

function waitingList(pages: readonly WaitingPage[]): Child {
  if (pages.length === 0) return undefined
  const line = ({ receiver, status, attempts, nextAttemptAt }: WaitingPage): string =>
    attempts === 0
      ? said('{receiver}: {status} is on its way', { receiver, status: t(status) })
      : said('{receiver} has not accepted {status} at {attempts} attempts; next {time}', {
          receiver,
          status: t(status),
          attempts,
          time: time(nextAttemptAt),
        })
  return h(
    'ul',
    { class: 'waiting-pages' },
    pages.map((page) => h('li', { class: page.attempts > 0 ? 'bad-text' : '' }, line(page))),
  )
}

function failing({ service, routes, errors, requests }: IncidentRoom): Child {
  if (service === '') return undefined
  return [
    routes.length > 0 && part(said('Routes of {service} that failed', { service }), failingRoutes(routes)),
    errors.length > 0 && part(said('Errors of {service}', { service }), errorTable(errors)),
    requests.length > 0 && part(t('Failed requests'), kept(requests)),
  ]
}

function changes({ changes: all }: IncidentRoom): Child {
  if (all.length === 0) return h('p', { class: 'faint' }, t('Nothing else happened.'))
  return h(
    'ul',
    {},
    all.map((change) => h('li', {}, h('time', { title: change.time }, time(Date.parse(change.time))), ' ', change.message)),
  )
}

function whatToDo({ rule }: IncidentRoom): Child {
  if (!rule) return undefined
  const { help, runbook, runbookLink } = rule
  const link = runbookLink === undefined ? h('code', {}, runbook) : h('a', { href: runbookLink, rel: 'noreferrer' }, runbook)
  return part(t('What to do'), h('p', {}, help), h('p', {}, t('Runbook: '), link))
}

function problems({ problems: all }: IncidentRoom): Child {
  return all.map(({ part: what, code, message }) =>
    h('p', { class: 'problem' }, said('Missing: {part}. ', { part: what }), h('strong', {}, code), ' ', message),
  )
}
