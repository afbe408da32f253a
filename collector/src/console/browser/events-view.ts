/** The inbox of pages, with or without receivers, and what happened in the range. Each incident has an address of its own. */
import { get, ofRange } from './api.ts'
import type { Alerts, Incident, Rows, Silence, SuiteEvent } from './api-types.ts'
import { demoButtons } from './demo-buttons.ts'
import { type Child, foldable, h, update } from './dom.ts'
import { ago, time, timestamp } from './format.ts'
import { inboxOrder, inboxText } from './inbox.ts'
import { incidentActions, silenceTable, whoCares } from './incident-actions.ts'
import { t } from './language.ts'
import { linkTo, type Place, rangeOf } from './location.ts'
import { badge, cutNote, holderTable, nothing } from './parts.ts'
import { receiverTable, whoPages } from './receiver-table.ts'
import { createTable } from './table.ts'
import type { View } from './view.ts'

/** Rows of the list. */
const MAX_ROWS = 500

export function createEvents(place: Place): View {
  const state = h('p', { role: 'status', class: 'inbox' })
  const note = h('p', { class: 'faint' })
  const more = h('p', { class: 'faint' })
  let show = async (): Promise<void> => {}
  const alerts = alertTable(() => void show())
  const receivers = receiverTable()
  const silences = silenceTable(() => void show())
  const events = eventTable()
  const demo = h('div')
  const buttons = demoButtons(() => void show())
  const view: View = {
    title: 'Alerts and events',
    element: h(
      'div',
      {},
      h('h1', {}, t('Pages')),
      [state, note, demo, alerts.element],
      [receivers.element, silences.element],
      [h('h2', {}, 'Events'), more, events.element],
    ),
    isLive: rangeOf(place).isLive,
    async refresh() {
      const [known, silenced, happened] = await Promise.allSettled([
        get<Alerts>('alerts'),
        get<readonly Silence[]>('silences'),
        get<Rows<SuiteEvent>>('events', { ...ofRange(), limit: MAX_ROWS }),
      ])
      if (known.status === 'fulfilled') {
        update(state, inboxText(known.value.incidents))
        update(note, whoPages(known.value))
        update(demo, known.value.demo && buttons)
        alerts.update(inboxOrder(known.value.incidents))
        receivers.update(known.value.receivers)
      }
      if (silenced.status === 'fulfilled') silences.update(silenced.value.filter(({ status }) => status.state !== 'expired'))
      if (happened.status === 'fulfilled') {
        events.update(happened.value.rows)
        update(more, cutNote(happened.value.rows.length, MAX_ROWS, 'events, the newest,'))
      }
      for (const answer of [known, silenced, happened]) if (answer.status === 'rejected') throw answer.reason
    },
  }
  show = async () => view.refresh().catch(() => undefined) // the next refresh shows what is wrong
  return view
}

function alertTable(done: () => void) {
  return createTable<Incident>({
    caption: t('Pages: firing, pending and recently resolved'),
    rowKey: ({ id, rule }) => `${id} ${rule}`,
    rowClass: ({ state }) => (state === 'firing' ? 'is-bad' : ''),
    columns: [
      { key: 'state', label: t('State'), cell: (row) => stateCell(row) },
      { key: 'rule', label: t('Rule'), cell: ({ rule, id }) => h('a', { href: linkTo('incident', id) }, h('strong', {}, rule)) },
      { key: 'severity', label: t('Severity'), cell: ({ severity }) => badge(severity) },
      { key: 'summary', label: t('Summary'), cell: (row) => summaryCell(row, done), class: 'wide' },
      { key: 'since', label: t('Since'), cell: ({ since }) => h('time', { title: timestamp(since) }, time(since)) },
      { key: 'lasted', label: t('Lasted'), cell: ({ since, resolvedAt }) => ago((resolvedAt ?? Date.now()) - since), class: 'number' },
      { key: 'id', label: t('Incident'), cell: ({ id }) => incidentLink(id) },
    ],
    empty: () => nothing(t('No page.'), t('No alert rule is pending or firing, and none has resolved recently.')),
  })
}

const incidentLink = (id: string): HTMLElement => h('a', { href: linkTo('incident', id) }, h('code', {}, id))

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
    holders.length > 0 && [h('h3', {}, t('Who held connections')), holderTable(`incident/${id}`, holders)],
    h('h3', {}, changes.length > 0 ? t('What changed in the hour before') : t('Nothing else happened in the hour before')),
    h(
      'ul',
      {},
      changes.map((change) => h('li', {}, h('time', {}, time(Date.parse(change.time))), ' ', change.message)),
    ),
  ])
}

function eventTable() {
  return createTable<SuiteEvent>({
    caption: 'Events in the range, newest first',
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
        cell: ({ incidentId }) => incidentLink(incidentId),
      },
    ],
    empty: () =>
      nothing(
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
