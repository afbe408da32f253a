/** A table that can be sorted by its columns. The order is in the address, like all state. */
import { type Child, h, update } from './dom.ts'
import { change, here } from './location.ts'

export interface Column<R> {
  readonly key: string
  readonly label: string
  readonly cell: (row: R) => Child
  /** What the column is sorted by; if omitted, it cannot be sorted. */
  readonly by?: (row: R) => number | string
  readonly class?: string
}

export interface TableOptions<R> {
  readonly caption: string
  readonly columns: readonly Column<R>[]
  /** Column that it is sorted by at first; a leading `-` means descending. */
  readonly sort?: string
  /** Identifies a row across refreshes; rows with the same key are numbered. If omitted, rows are identified by position. */
  readonly rowKey?: (row: R) => string
  readonly rowClass?: (row: R) => string
  readonly empty: () => Child
}

export interface Table<R> {
  readonly element: HTMLElement
  update(rows: readonly R[]): void
}

export function createTable<R>(options: TableOptions<R>): Table<R> {
  const element = h('div', { class: 'scroll' })
  return { element, update: (rows) => update(element, rows.length === 0 ? options.empty() : drawTable(options, rows)) }
}

function drawTable<R>({ caption, columns, sort, rowKey, rowClass }: TableOptions<R>, rows: readonly R[]): HTMLElement {
  const order = here().parameters.get('sort') ?? sort ?? ''
  const head = columns.map((column) => headCell(column, order))
  const keyOf = uniqueKeys()
  const body = sorted(rows, columns, order).map((row) =>
    h(
      'tr',
      { class: rowClass?.(row) ?? '', 'data-key': rowKey && keyOf(rowKey(row)) },
      ...columns.map((column) => h('td', { class: column.class ?? '' }, column.cell(row))),
    ),
  )
  return h('table', {}, h('caption', {}, caption), h('thead', {}, h('tr', {}, head)), h('tbody', {}, body))
}

/** Two rows with one key would become one when the table is updated. */
function uniqueKeys(): (key: string) => string {
  const seen = new Map<string, number>()
  return (key) => {
    const before = seen.get(key) ?? 0
    seen.set(key, before + 1)
    return before === 0 ? key : `${key} #${before + 1}`
  }
}

function headCell<R>({ key, label, by, class: name = '' }: Column<R>, order: string): HTMLElement {
  if (!by) return h('th', { scope: 'col', class: name }, label)
  const direction = order === key ? 'ascending' : order === `-${key}` ? 'descending' : 'none'
  const turn = (): void => change({ sort: direction === 'descending' ? key : `-${key}`, offset: undefined }, false)
  const mark = direction === 'ascending' ? ' ▴' : direction === 'descending' ? ' ▾' : ''
  return h(
    'th',
    { scope: 'col', class: name, 'aria-sort': direction },
    h('button', { type: 'button', class: 'sort', onclick: turn }, label + mark),
  )
}

function sorted<R>(rows: readonly R[], columns: readonly Column<R>[], order: string): readonly R[] {
  const by = columns.find(({ key }) => key === order.replace(/^-/, ''))?.by
  if (!by) return rows
  const sign = order.startsWith('-') ? -1 : 1
  return rows.toSorted((a, b) => {
    const [left, right] = [by(a), by(b)]
    return sign * (typeof left === 'number' && typeof right === 'number' ? left - right : String(left).localeCompare(String(right)))
  })
}
