/** What failed, by fingerprint, from everything that failed; a trace of each is an example. */
import { get, ofRange } from './api.ts'
import type { Errors, FailedKind } from './api-types.ts'
import { foldable, h, update } from './dom.ts'
import { count, counted, time, timestamp } from './format.ts'
import { type Place, rangeOf } from './location.ts'
import { badge, codePlace, cutNote, nothing, traceLink } from './parts.ts'
import { sparkline } from './sparkline.ts'
import { createTable } from './table.ts'
import type { View } from './view.ts'

/** Rows of the list. */
const MAX_ROWS = 500

export function createErrors(place: Place): View {
  const note = h('p', { class: 'faint' })
  let range: Errors | undefined
  const table = errorTable(() => range)
  return {
    title: 'Errors',
    element: h('div', {}, h('h1', {}, 'Errors'), note, table.element),
    isLive: rangeOf(place).isLive,
    async refresh() {
      range = await get<Errors>('errors', { ...ofRange(), limit: MAX_ROWS })
      const failures = range.rows.reduce((sum, row) => sum + row.errors, 0)
      update(
        note,
        `${counted(failures, 'failure')} of ${counted(range.rows.length, 'kind')}; numbers and ids in messages are replaced by ?. `,
        cutNote(range.rows.length, MAX_ROWS, 'kinds by their number'),
      )
      table.update(range.rows)
    },
  }
}

function errorTable(range: () => Errors | undefined) {
  return createTable<FailedKind>({
    caption: 'Errors in the range',
    sort: '-errors',
    rowKey: ({ service, fingerprint }) => `${service} ${fingerprint}`,
    columns: [
      { key: 'error', label: 'Error', cell: (row) => errorCell(row, range()), by: (row) => row.type, class: 'wide' },
      { key: 'service', label: 'Service', cell: (row) => row.service, by: (row) => row.service },
      { key: 'place', label: 'Thrown at', cell: (row) => codePlace(row.location), by: (row) => row.location },
      { key: 'errors', label: 'Count', cell: (row) => count(row.errors), by: (row) => row.errors, class: 'number' },
      { key: 'trend', label: 'Trend', cell: (row) => sparkline(row, range()) },
      { key: 'first', label: 'First seen', cell: (row) => moment(row.firstSeen), by: (row) => row.firstSeen },
      { key: 'last', label: 'Last seen', cell: (row) => moment(row.lastSeen), by: (row) => row.lastSeen },
      { key: 'versions', label: 'Versions', cell: (row) => row.versions || h('span', { class: 'faint' }, '–'), by: (row) => row.versions },
      { key: 'trace', label: 'Latest', cell: (row) => traceLink(row.traceId) },
    ],
    empty: () =>
      nothing(
        'Nothing failed in this range.',
        'Answers with a status of 500 or more and exceptions are counted. Counts arrive every 10 s.',
      ),
  })
}

/** New: first seen in the range. */
function errorCell({ fingerprint, type, message, function: name, firstSeen }: FailedKind, range: Errors | undefined): HTMLElement {
  const isNew = range !== undefined && firstSeen >= range.from
  const summary = h('span', {}, h('b', {}, type), ' ', message, ' ', isNew && badge('new'))
  return foldable(`error/${fingerprint}`, summary, () =>
    h('p', { class: 'faint' }, `fingerprint ${fingerprint}${name ? `, in ${name}` : ''}`),
  )
}

function moment(ms: number): HTMLElement {
  return h('time', { title: timestamp(ms) }, time(ms))
}
