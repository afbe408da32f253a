/** Statements by the time spent in them, from every execution. */
import { get, ofRange } from './api.ts'
import type { Rows, Statement } from './api-types.ts'
import { foldable, h, update } from './dom.ts'
import { count, counted, milliseconds, percent } from './format.ts'
import { type Place, rangeOf } from './location.ts'
import { codePlace, cutNote, nothing, traceLink } from './parts.ts'
import { createTable } from './table.ts'
import type { View } from './view.ts'

/** Rows of the list. */
const MAX_ROWS = 500

export function createStatements(place: Place): View {
  const table = statementTable()
  const note = h('p', { class: 'faint' })
  return {
    title: 'Statements',
    element: h('div', {}, h('h1', {}, 'Statements'), note, table.element),
    isLive: rangeOf(place).isLive,
    async refresh() {
      const { rows } = await get<Rows<Statement>>('statements', { ...ofRange(), limit: MAX_ROWS })
      const calls = rows.reduce((sum, row) => sum + row.calls, 0)
      const cut = cutNote(rows.length, MAX_ROWS, 'statements by the time spent in them')
      update(note, `${counted(calls, 'execution')} of ${counted(rows.length, 'statement')}; literals are replaced by ?. `, cut)
      table.update(rows)
    },
  }
}

function statementTable() {
  return createTable<Statement>({
    caption: 'Statements in the range',
    sort: '-total',
    rowKey: ({ service, pool, system, digest }) => `${service} ${pool} ${system} ${digest}`,
    columns: [
      { key: 'statement', label: 'Statement', cell: statementCell, class: 'sql wide' },
      { key: 'pool', label: 'Pool', cell: (row) => h('span', { title: row.system }, row.pool || row.system), by: (row) => row.pool },
      { key: 'calls', label: 'Calls', cell: (row) => count(row.calls), by: (row) => row.calls, class: 'number' },
      { key: 'errors', label: 'Failed', cell: failedCell, by: (row) => row.errors, class: 'number' },
      { key: 'total', label: 'Total', cell: (row) => milliseconds(row.totalMs), by: (row) => row.totalMs, class: 'number' },
      { key: 'p50', label: 'p50', cell: (row) => milliseconds(row.p50), by: (row) => row.p50, class: 'number' },
      { key: 'p95', label: 'p95', cell: (row) => milliseconds(row.p95), by: (row) => row.p95, class: 'number' },
      { key: 'max', label: 'Slowest', cell: (row) => milliseconds(row.maxMs), by: (row) => row.maxMs, class: 'number' },
      { key: 'place', label: 'Called at', cell: (row) => codePlace(row.location), by: (row) => row.location },
      { key: 'trace', label: 'Worst', cell: (row) => traceLink(row.worstTraceId) },
    ],
    empty: () =>
      nothing(
        'No statement in this range.',
        'Statements are counted in pools of the server and in drivers that the agent instruments. Counts arrive every 10 s.',
      ),
  })
}

function statementCell({ digest, service, statement }: Statement): HTMLElement {
  return foldable(`statement/${service}/${digest}`, h('code', {}, statement), () => h('pre', { class: 'sqltext' }, statement))
}

function failedCell({ errors, calls }: Statement): HTMLElement {
  return h('span', { class: errors > 0 ? 'bad-text' : 'faint' }, errors > 0 ? percent(errors / calls) : '0')
}
