/** Alerts as they are now, and what happened in the range. One incident id leads from the page to both. */
import { get, ofRange } from './api.ts'
import type { Alerts, Incident, Receiver, Rows, Silence, SuiteEvent } from './api-types.ts'
import { type Child, foldable, h, unfold, update } from './dom.ts'
import { ago, time, timestamp } from './format.ts'
import { incidentActions, silenceTable, whoCares } from './incident-actions.ts'
import { linkTo, type Place, rangeOf } from './location.ts'
import { badge, cutNote, holderTable, nothing } from './parts.ts'
import { createTable } from './table.ts'
import type { View } from './view.ts'

/** Rows of the list; of an incident, what the API gives. */
const MAX_ROWS = 500
const MAX_OF_INCIDENT = 1000

export function createEvents(place: Place): View {
  const incident = place.parameters.get('incident') ?? ''
  const note = h('p', { class: 'faint' })
  const more = h('p', { class: 'faint' })
  const filter = incident
    ? h('p', { class: 'filters' }, 'Incident ', h('code', {}, incident), ' ', h('a', { href: linkTo('alerts') }, 'show all'))
    : h('span')
  if (incident) unfold(`incident/${incident}`)
  let show = async (): Promise<void> => {}
  const alerts = alertTable(incident, () => void show())
  const silences = silenceTable(() => void show())
  const events = eventTable(incident)
  const view: View = {
    title: 'Alerts and events',
    element: h(
      'div',
      {},
      h('h1', {}, 'Alerts'),
      note,
      filter,
      alerts.element,
      silences.element,
      h('h2', {}, incident ? 'Events of this incident' : 'Events'),
      more,
      events.element,
    ),
    isLive: incident !== '' || rangeOf(place).isLive,
    async refresh() {
      const [known, silenced, happened] = await Promise.allSettled([
        get<Alerts>('alerts'),
        get<readonly Silence[]>('silences'),
        get<Rows<SuiteEvent>>('events', incident ? { incident } : { ...ofRange(), limit: MAX_ROWS }),
      ])
      if (known.status === 'fulfilled') {
        update(note, whoPages(known.value))
        alerts.update(known.value.incidents.filter(({ id, open }) => !incident || id === incident || open.includes(incident)))
      }
      if (silenced.status === 'fulfilled') silences.update(silenced.value.filter(({ status }) => status.state !== 'expired'))
      if (happened.status === 'fulfilled') {
        events.update(happened.value.rows)
        update(more, cutNote(happened.value.rows.length, incident ? MAX_OF_INCIDENT : MAX_ROWS, 'events, the newest,'))
      }
      for (const answer of [known, silenced, happened]) if (answer.status === 'rejected') throw answer.reason
    },
  }
  show = async () => view.refresh().catch(() => undefined) // the next refresh shows what is wrong
  return view
}

function whoPages({ owner, receivers, available }: Alerts): string {
  if (!available) return 'This process does not evaluate alert rules.'
  if (owner !== 'spyglass') return `Rules are evaluated and shown; ${owner} sends the pages (alerting.owner).`
  if (receivers.length === 0) return 'Nobody is paged: no receiver is configured (alerting.receivers).'
  return `Pages go to ${receivers.map((receiver) => whatOf(receiver)).join(', ')}.`
}

function whatOf({ name, type, waiting, failingSince, reason }: Receiver): string {
  if (failingSince === undefined) return `${name} (${type})`
  return `${name} (${type}; accepts none since ${time(failingSince)}, ${waiting} wait: ${reason})`
}

function alertTable(chosen: string, done: () => void) {
  return createTable<Incident>({
    caption: 'Alerts: pending, firing and recently resolved',
    rowKey: ({ id, rule }) => `${id} ${rule}`,
    rowClass: ({ state }) => (state === 'firing' ? 'is-bad' : ''),
    columns: [
      { key: 'state', label: 'State', cell: (row) => stateCell(row) },
      { key: 'rule', label: 'Rule', cell: ({ rule }) => h('strong', {}, rule) },
      { key: 'severity', label: 'Severity', cell: ({ severity }) => badge(severity) },
      { key: 'summary', label: 'Summary', cell: (row) => summaryCell(row, done), class: 'wide' },
      { key: 'since', label: 'Since', cell: ({ since }) => h('time', { title: timestamp(since) }, time(since)) },
      { key: 'lasted', label: 'Lasted', cell: ({ since, resolvedAt }) => ago((resolvedAt ?? Date.now()) - since), class: 'number' },
      { key: 'id', label: 'Incident', cell: ({ id }) => h('a', { href: linkTo('alerts', '', { incident: id }) }, h('code', {}, id)) },
    ],
    empty: () =>
      chosen
        ? nothing('No alert for this incident.', 'No rule applies to it, or its alert ended so long ago that only its events remain.')
        : nothing('No alert.', 'No alert rule is pending or firing, and none has resolved recently.'),
  })
}

const stateCell = ({ state, acknowledged, isWithheld }: Incident): Child => [
  badge(state),
  acknowledged && [' ', badge('acknowledged')],
  isWithheld && [' ', badge('silenced')],
]

function summaryCell(incident: Incident, done: () => void): HTMLElement {
  const { id, summary, resource, holders, changes } = incident
  return foldable(`incident/${id}`, summary, () => [
    h('p', {}, h('code', {}, resource)),
    whoCares(incident),
    incidentActions(incident, done),
    holders.length > 0 && [h('h3', {}, 'Who held connections'), holderTable(`incident/${id}`, holders)],
    h('h3', {}, changes.length > 0 ? 'What changed in the hour before' : 'Nothing else happened in the hour before'),
    h(
      'ul',
      {},
      changes.map((change) => h('li', {}, h('time', {}, time(Date.parse(change.time))), ' ', change.message)),
    ),
  ])
}

function eventTable(incident: string) {
  return createTable<SuiteEvent>({
    caption: incident ? 'Events of the incident, newest first' : 'Events in the range, newest first',
    rowKey: ({ incidentId, name, phase, time: at }) => `${incidentId} ${name} ${phase} ${at}`,
    columns: [
      {
        key: 'time',
        label: 'Time',
        cell: (row) => h('time', { title: timestamp(row.time) }, time(row.time)),
        by: (row) => row.time,
      },
      { key: 'severity', label: 'Severity', cell: ({ severity }) => badge(severity), by: ({ severity }) => severity },
      { key: 'name', label: 'Event', cell: ({ name }) => name.replace(/^spyglass\./, ''), by: ({ name }) => name },
      { key: 'message', label: 'What happened', cell: messageCell, class: 'wide' },
      {
        key: 'resource',
        label: 'Resource',
        cell: ({ resource }) => h('code', {}, resource.replace(/^spyglass:/, '')),
        by: ({ resource }) => resource,
      },
      {
        key: 'incident',
        label: 'Incident',
        cell: ({ incidentId }) => h('a', { href: linkTo('alerts', '', { incident: incidentId }) }, h('code', {}, incidentId)),
      },
    ],
    empty: () =>
      incident
        ? nothing(`Incident ${incident} is unknown.`, 'Its id is wrong, or its events have expired.')
        : nothing(
            'No event in this range.',
            'Starts, reloads, crashes, exhausted pools and leaks are events. They reach the store within seconds.',
          ),
  })
}

function messageCell({ message, holders, incidentId, name, time: at }: SuiteEvent): HTMLElement | string {
  if (holders.length === 0) return message
  const key = `event/${incidentId}/${name}/${at}`
  return foldable(key, message, () => holderTable(key, holders))
}
