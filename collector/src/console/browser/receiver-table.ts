/** Who gets pages, and what became of the last ones: what an operator must know before the next. */
import type { Alerts, Receiver } from './api-types.ts'
import { type Child, h } from './dom.ts'
import { count, time, timestamp } from './format.ts'
import { said, t } from './language.ts'
import { badge } from './parts.ts'
import { createTable, type Table } from './table.ts'

export function receiverTable(): Table<Receiver> {
  return createTable<Receiver>({
    caption: t('Receivers of pages, with their last delivery'),
    rowKey: ({ name }) => name,
    rowClass: ({ failingSince }) => (failingSince === undefined ? '' : 'is-bad'),
    columns: [
      { key: 'name', label: t('Receiver'), cell: ({ name }) => h('strong', {}, name) },
      { key: 'type', label: t('Type'), cell: ({ type }) => type },
      { key: 'state', label: t('State'), cell: (row) => badge(stateOf(row)) },
      { key: 'success', label: t('Last accepted'), cell: ({ lastSuccess }) => timeCell(lastSuccess) },
      { key: 'waiting', label: t('Waiting'), cell: ({ waiting }) => count(waiting), class: 'number' },
      { key: 'since', label: t('Failing since'), cell: ({ failingSince }) => timeCell(failingSince) },
      {
        key: 'why',
        label: t('Why'),
        cell: ({ reason, failingSince }) => (failingSince === undefined ? '' : (reason ?? '')),
        class: 'wide',
      },
    ],
    empty: () => undefined,
  })
}

function stateOf({ failingSince, lastSuccess }: Receiver): string {
  if (failingSince !== undefined) return 'failed'
  return lastSuccess === undefined ? 'unused' : 'ok'
}

const timeCell = (ms: number | undefined): Child => (ms === undefined ? '–' : h('time', { title: timestamp(ms) }, time(ms)))

/** Where pages go besides this list. */
export function whoPages({ owner, receivers, available }: Alerts): string {
  if (!available) return t('This process does not evaluate alert rules.')
  if (owner !== 'spyglass') return said('Rules are evaluated and shown; {owner} sends the pages (alerting.owner).', { owner })
  return receivers.length === 0 ? t('Pages are only here: no receiver is configured (alerting.receivers).') : ''
}
