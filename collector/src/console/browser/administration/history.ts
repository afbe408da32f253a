/** The last acts, with a button that takes a change back. */
import { h } from '../dom.ts'
import { timestamp, time } from '../format.ts'
import { nothing } from '../parts.ts'
import { act, valueText } from './act.ts'

export interface HistoryEntry {
  readonly change: number
  readonly time: number
  readonly actor: string
  readonly verb: string
  readonly names: readonly string[]
  readonly changed: readonly { readonly name: string; readonly before?: unknown; readonly after?: unknown }[]
  readonly reason?: string
  readonly until?: number
  readonly undoes?: number
  readonly result?: string
  readonly failed?: boolean
}

export interface HistoryOptions {
  readonly mayUndo: boolean
  readonly changed: () => void
}

export function historyTable(entries: readonly HistoryEntry[], { mayUndo, changed }: HistoryOptions): HTMLElement {
  if (entries.length === 0) return nothing('Nothing was changed.', 'Changes of settings and operations are listed here.')
  const outcome = h('div', { 'aria-live': 'polite' })
  const undone = new Set(entries.map(({ undoes }) => undoes))
  const undo = async (change: number): Promise<void> => {
    const done = await act(outcome, 'administration/undo', { method: 'POST', parameters: { change } })
    if (done) changed()
  }
  const head = ['Change', 'When', 'Who', 'What', 'Why', ''].map((label) => h('th', { scope: 'col' }, label))
  const rows = entries
    .toReversed()
    .map((entry) => rowOf(entry, mayUndo && isUndoable(entry) && !undone.has(entry.change) ? () => void undo(entry.change) : undefined))
  return h(
    'div',
    {},
    outcome,
    h(
      'div',
      { class: 'scroll' },
      h('table', {}, h('caption', {}, `The last ${entries.length}, newest first`), h('thead', {}, h('tr', {}, head)), h('tbody', {}, rows)),
    ),
  )
}

const isUndoable = ({ verb }: HistoryEntry): boolean => ['set', 'create', 'delete'].includes(verb)

function rowOf(entry: HistoryEntry, undo: (() => void) | undefined): HTMLElement {
  const { change, actor, reason = '', until, failed, result } = entry
  const notes = [reason, ...(until === undefined ? [] : [`until ${time(until)}`]), ...(failed ? [`failed: ${result ?? ''}`] : [])].filter(
    Boolean,
  )
  return h(
    'tr',
    { class: failed ? 'is-bad' : '', 'data-key': String(change) },
    h('td', { class: 'number' }, change),
    h('td', {}, h('time', { title: timestamp(entry.time) }, time(entry.time))),
    h('td', {}, actor),
    h('td', { class: 'wide' }, whatOf(entry)),
    h('td', { class: 'wide' }, notes.join('; ')),
    h('td', {}, undo && h('button', { type: 'button', onclick: undo }, 'Undo')),
  )
}

function whatOf({ verb, names, changed, undoes }: HistoryEntry): string {
  const head = undoes === undefined ? verb : `${verb} of ${undoes}`
  if (changed.length === 0) return `${head} ${names.join(', ')}`
  return `${head} ${changed.map(({ name, before, after }) => (before === undefined && after === undefined ? name : `${name}: ${valueText(before)} → ${valueText(after)}`)).join(', ')}`
}
