/** What people do about an incident: say that they take care of it, and silence its alert. */
import { act } from './administration/act.ts'
import { ask } from './api.ts'
import type { Incident, Silence } from './api-types.ts'
import { type Child, h } from './dom.ts'
import { time, timestamp } from './format.ts'
import { said, t } from './language.ts'
import { badge } from './parts.ts'
import { createTable, type Table } from './table.ts'

const HOUR_MS = 3_600_000
const TIMES = [
  ['1 h', HOUR_MS],
  ['8 h', 8 * HOUR_MS],
  ['1 d', 24 * HOUR_MS],
  ['7 d', 168 * HOUR_MS],
] as const

type Acted = Pick<Incident, 'id' | 'rule' | 'resource' | 'state'>

/** Forms of an incident that has not ended. `done` is called after one was carried out. */
export function incidentActions(incident: Acted, done: () => void): Child {
  if (incident.state === 'resolved') return undefined
  return h('div', { class: 'incident-actions' }, acknowledgeForm(incident, done), silenceForm(incident, done))
}

/** Who takes care of it, in words; undefined while nobody does. */
export function whoCares({ acknowledged }: Pick<Incident, 'acknowledged'>): Child {
  if (!acknowledged) return undefined
  const { by, at, note } = acknowledged
  return h(
    'p',
    {},
    h('strong', {}, said('{by} takes care of it', { by })),
    `${said(' since {time}', { time: time(at) })}${note && `: ${note}`}`,
  )
}

/** Also for one that has ended: that is when people know why. */
export function noteForm({ id, rule }: Acted, done: () => void): HTMLElement {
  return form({ done, path: `incidents/${id}/note`, body: (given) => ({ note: given('remark') }) }, [
    h('input', {
      name: 'remark',
      type: 'text',
      required: true,
      maxlength: 1000,
      placeholder: t('what was seen or tried'),
      'aria-label': said('Remark about {rule}', { rule }),
    }),
    ' ',
    h('button', { type: 'submit' }, t('Add note')),
  ])
}

function acknowledgeForm({ id, rule }: Acted, done: () => void): HTMLElement {
  return form({ done, path: `incidents/${id}/acknowledge`, body: (given) => ({ note: given('note') }) }, [
    h('input', {
      name: 'note',
      type: 'text',
      maxlength: 1000,
      placeholder: t('what is being done'),
      'aria-label': said('Note on {rule}', { rule }),
    }),
    ' ',
    h('button', { type: 'submit' }, t('Acknowledge')),
  ])
}

function silenceForm({ rule, resource }: Acted, done: () => void): HTMLElement {
  const body: Sending['body'] = (given) => ({
    matchers: [`alertname=${JSON.stringify(rule)}`, `resource=${JSON.stringify(resource)}`],
    endsAt: new Date(Date.now() + Number(given('length'))).toISOString(),
    comment: given('comment'),
  })
  const lengths = TIMES.map(([label, ms]) => h('option', { value: ms }, t(label)))
  return form({ done, path: 'silences', body }, [
    h('select', { name: 'length', 'aria-label': said('How long {rule} is silenced', { rule }) }, lengths),
    ' ',
    h('input', {
      name: 'comment',
      type: 'text',
      required: true,
      maxlength: 1000,
      placeholder: t('why'),
      'aria-label': said('Why {rule} is silenced', { rule }),
    }),
    ' ',
    h('button', { type: 'submit' }, t('Silence')),
  ])
}

interface Sending {
  readonly path: string
  readonly body: (given: (name: string) => string) => object
  readonly done: () => void
}

/** What was typed is read from the form that is shown: a refresh draws another one, and leaves this. */
function form({ path, body, done }: Sending, children: readonly Child[]): HTMLElement {
  const send = async (shown: HTMLFormElement): Promise<void> => {
    const outcome = shown.querySelector<HTMLElement>('.outcome-place')
    const data = new FormData(shown)
    const text = (name: string): string => {
      const value = data.get(name)
      return typeof value === 'string' ? value : ''
    }
    const request = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body(text)) }
    if (outcome && (await act(outcome, path, request))) done()
  }
  const onsubmit = (event: Event): void => {
    event.preventDefault()
    void send(event.currentTarget as HTMLFormElement)
  }
  return h('form', { class: 'filters', onsubmit }, ...children, h('span', { class: 'outcome-place', 'aria-live': 'polite' }))
}

/** Silences that withhold pages now or will; `done` is called after one was ended. */
export function silenceTable(done: () => void): Table<Silence> {
  const end = async (id: string): Promise<void> => {
    await ask(`silences/${id}`, { method: 'DELETE' })
    done()
  }
  return createTable<Silence>({
    caption: t('Silences: pages that are withheld from people'),
    rowKey: ({ id }) => id,
    columns: [
      { key: 'state', label: t('State'), cell: ({ status }) => badge(status.state) },
      { key: 'what', label: t('Alerts'), cell: ({ matchers }) => h('code', {}, matchers.map(matcherText).join(', ')), class: 'wide' },
      {
        key: 'until',
        label: t('Until'),
        cell: ({ endsAt }) => h('time', { title: timestamp(Date.parse(endsAt)) }, timestamp(Date.parse(endsAt))),
      },
      { key: 'by', label: t('By'), cell: ({ createdBy }) => createdBy },
      { key: 'why', label: t('Why'), cell: ({ comment }) => comment },
      { key: 'end', label: '', cell: ({ id }) => h('button', { type: 'button', onclick: () => void end(id) }, t('End')) },
    ],
    empty: () => undefined,
  })
}

const matcherText = ({ name, value, isRegex, isEqual }: Silence['matchers'][number]): string =>
  `${name}${isEqual ? '=' : '!'}${isRegex ? '~' : isEqual ? '' : '='}${JSON.stringify(value)}`
