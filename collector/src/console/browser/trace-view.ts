/** One trace: the waterfall, what a span knows, and the log of the trace. */
import { get } from './api.ts'
import type { LogRecord, Span, Trace } from './api-types.ts'
import { type Child, fill, foldable, h } from './dom.ts'
import { flameGraph, isProfile } from './flame-graph.ts'
import { count, counted, milliseconds, time, timestamp } from './format.ts'
import { change, here, linkTo, type Place } from './location.ts'
import { badge, codePlace, nothing } from './parts.ts'
import { createTable } from './table.ts'
import type { View } from './view.ts'
import { createWaterfall } from './waterfall.ts'

export function createTrace(place: Place): View {
  const element = h('div', {}, h('p', { class: 'faint' }, 'Loading the trace …'))
  return {
    title: `Trace ${place.argument.slice(0, 8)}`,
    element,
    isLive: false,
    async refresh() {
      try {
        drawTrace(element, await get<Trace>(`trace/${encodeURIComponent(place.argument)}`))
      } catch (error) {
        fill(element, h('p', {}, h('a', { href: linkTo('slow') }, 'Back to the slow requests')))
        throw error // main.ts shows what is wrong
      }
    },
  }
}

function drawTrace(element: HTMLElement, { traceId, spans, logs, logProblem }: Trace): void {
  const detail = h('aside', { class: 'detail', 'aria-label': 'Selected span' })
  const choose = (span: Span): void => {
    drawDetail(detail, span)
    change({ span: span.spanId }, false)
  }
  const waterfall = createWaterfall(spans, choose)
  const profiles = logs.filter(isProfile)
  /** One that an operator asked for is of no request. */
  const isProfileAlone = spans.length === 0 && profiles.length > 0 && profiles.length === logs.length
  fill(
    element,
    heading({ traceId, spans, profiles }),
    !isProfileAlone && h('div', { class: 'trace' }, waterfall.element, detail),
    profiles.length > 0 && [h('h2', {}, 'Time on the processor'), profiles.map(flameGraph)],
    !isProfileAlone && h('h2', {}, 'Log of the trace'),
    isProfileAlone
      ? []
      : logProblem
        ? nothing('The log of this trace cannot be shown.', `${logProblem.code} ${logProblem.message}`)
        : logTable(logs.filter((record) => !isProfile(record))),
  )
  const chosen = spans.find(({ spanId }) => spanId === here().parameters.get('span')) ?? slowestStatement(spans) ?? spans[0]
  if (!chosen) return
  waterfall.select(chosen)
  drawDetail(detail, chosen)
}

/** What most people open a trace for. */
function slowestStatement(spans: readonly Span[]): Span | undefined {
  return spans.filter(({ statement }) => statement).toSorted((a, b) => b.durationMs - a.durationMs)[0]
}

interface Shown {
  readonly traceId: string
  readonly spans: readonly Span[]
  readonly profiles: readonly LogRecord[]
}

function heading({ traceId, spans, profiles: [profile] }: Shown): HTMLElement {
  const ids = new Set(spans.map(({ spanId }) => spanId))
  const root = spans.find(({ parentSpanId }) => !ids.has(parentSpanId)) ?? spans[0]
  const statements = spans.filter(({ statement }) => statement)
  const failed = spans.filter(({ statusCode }) => statusCode === 'Error').length
  if (!root && profile) return h('h1', {}, `Profile of ${profile.service} at ${timestamp(profile.time)}`)
  if (!root) return h('h1', {}, `Trace ${traceId}: only its log was kept`)
  const reason = root.attributes['spyglass.keep.reason'] ?? ''
  const verdict = root.attributes['spyglass.verdict'] ?? ''
  const facts: Child[] = [
    h('time', { title: timestamp(root.start) }, time(root.start)),
    h('strong', {}, milliseconds(root.durationMs)),
    `${root.service}${root.instance ? ` · ${root.instance}` : ''}`,
    counted(spans.length, 'span'),
    statements.length > 0 && `${count(statements.length)} SQL, ${milliseconds(statements.reduce((sum, one) => sum + one.durationMs, 0))}`,
    failed > 0 && h('span', { class: 'bad-text' }, `${count(failed)} failed`),
    reason && badge(reason),
    h('code', { class: 'faint' }, traceId),
  ]
  const shown = facts.filter((fact) => fact !== false && fact !== '')
  return h(
    'header',
    { class: 'tracehead' },
    h('h1', {}, root.name),
    h(
      'p',
      {},
      shown.map((fact) => h('span', {}, fact)),
    ),
    verdict && h('p', { class: 'verdict' }, verdict),
  )
}

function drawDetail(detail: HTMLElement, span: Span): void {
  const { name, kind, durationMs, statusCode, statusMessage, statement, location, attributes, resource, events, links, instance, service } =
    span
  const { 'code.stacktrace': stack = '', 'spyglass.sql.plan': plan = '' } = attributes
  fill(
    detail,
    h('h2', {}, name),
    h(
      'p',
      { class: 'facts' },
      h('strong', {}, milliseconds(durationMs)),
      ` ${kind} · ${service}${instance ? ` · ${instance}` : ''} `,
      statusCode === 'Error' && badge('error'),
    ),
    statusMessage && h('p', { class: 'bad-text lines' }, statusMessage),
    statement && h('pre', { class: 'sqltext' }, statement),
    plan && [h('h3', {}, 'Plan'), h('pre', { class: 'stack plan' }, plan)],
    location && h('p', {}, 'Called at ', codePlace(location)),
    stack && h('pre', { class: 'stack' }, stack),
    ...events.map((event) => [h('h3', {}, `${event.name} at +${milliseconds(event.time - span.start)}`), attributeTable(event.attributes)]),
    links.length > 0 && [h('h3', {}, 'Linked spans'), links.map(linkedSpan)],
    h('h3', {}, 'Attributes'),
    attributeTable(attributes, ['db.query.text', 'code.stacktrace', 'spyglass.sql.plan']),
    h('h3', {}, 'Resource'),
    attributeTable(resource),
  )
}

/** A span that caused this one or was caused by it, mostly in another trace: the message of a queue, the members of a batch. */
function linkedSpan({ traceId, spanId, attributes }: Span['links'][number]): HTMLElement {
  const address = linkTo('trace', traceId, { span: spanId })
  return h('div', {}, h('a', { href: address }, h('code', {}, traceId), ' span ', h('code', {}, spanId)), attributeTable(attributes))
}

function attributeTable(attributes: Readonly<Record<string, string>>, without: readonly string[] = []): HTMLElement {
  const rows = Object.entries(attributes).filter(([name]) => !without.includes(name))
  return h(
    'table',
    { class: 'attributes' },
    h(
      'tbody',
      {},
      rows
        .toSorted(([a], [b]) => a.localeCompare(b))
        .map(([name, value]) => h('tr', {}, h('th', { scope: 'row' }, name), h('td', {}, textOf(value)))),
    ),
  )
}

/** A text of several lines, such as a stack, as it was written. */
const textOf = (value: string): Child => (/\n/.test(value) ? h('pre', {}, value) : value)

function logTable(logs: readonly LogRecord[]): HTMLElement {
  const table = createTable<LogRecord>({
    caption: 'Log records with this trace id',
    columns: [
      { key: 'time', label: 'Time', cell: (row) => h('time', { title: timestamp(row.time) }, time(row.time)) },
      { key: 'severity', label: 'Level', cell: ({ severity }) => badge(severity.toUpperCase()) },
      { key: 'service', label: 'Service', cell: ({ service }) => service },
      { key: 'body', label: 'Message', cell: logCell, class: 'widest' },
    ],
    empty: () =>
      h('p', { class: 'faint' }, 'Nothing was logged with this trace id. ', h('a', { href: linkTo('slow') }, 'Back to the slow requests')),
  })
  table.update(logs)
  return table.element
}

function logCell({ body, attributes, time: at, spanId }: LogRecord): Child {
  const text = h('span', { class: 'lines' }, body)
  if (Object.keys(attributes).length === 0) return text
  return foldable(`log/${at}/${spanId}/${body}`, text, () => attributeTable(attributes))
}
