/**
 * The waterfall of a trace. Only the rows in sight exist as elements, so a trace of a hundred thousand spans scrolls like one of ten.
 * Rows fold; the arrow keys walk; the chosen row is told to screen readers by aria-activedescendant.
 */
import type { Span } from './api-types.ts'
import { fill, h } from './dom.ts'
import { milliseconds } from './format.ts'
import { flatten, type TreeRow, treeOf } from './span-tree.ts'

export interface Waterfall {
  readonly element: HTMLElement
  /** Marks a span and brings it into sight; does not call back. */
  select(span: Span): void
}

const ROW_HEIGHT = 24
const MOST_HEIGHT = 640
/** Rows drawn beyond the edges, so that slow scrolling shows no gap. */
const SPARE = 12
/** Deeper levels are not moved in further: names must stay readable. */
const DEEPEST_INDENT = 16

export function createWaterfall(spans: readonly Span[], onChoose: (span: Span) => void): Waterfall {
  const tree = treeOf(spans)
  const folded = new Set<string>()
  const start = spans.reduce((least, span) => Math.min(least, span.start), Infinity)
  const total = Math.max(0.001, spans.reduce((most, span) => Math.max(most, span.start + span.durationMs), 0) - start)
  let rows = flatten(tree, folded)
  let chosen: string | undefined

  const canvas = h('div', { class: 'rows' })
  const scroller = h('div', { class: 'waterfall', role: 'tree', tabindex: 0, 'aria-label': `Waterfall of ${spans.length} spans` }, canvas)
  const element = h('div', { class: 'waterfallbox' }, axis(total), scroller)

  function draw(): void {
    const first = Math.max(0, Math.floor(scroller.scrollTop / ROW_HEIGHT) - SPARE)
    const last = Math.min(rows.length, Math.ceil((scroller.scrollTop + MOST_HEIGHT) / ROW_HEIGHT) + SPARE)
    fill(
      canvas,
      rows.slice(first, last).map((row, i) => drawRow(row, first + i)),
    )
  }

  function layOut(): void {
    rows = flatten(tree, folded)
    canvas.style.height = `${rows.length * ROW_HEIGHT}px`
    scroller.style.height = `${Math.min(MOST_HEIGHT, rows.length * ROW_HEIGHT + 2)}px`
    draw()
  }

  function drawRow(row: TreeRow, index: number): HTMLElement {
    const { span, depth, children } = row
    const isFolded = folded.has(span.spanId)
    const name = h('span', { class: 'name', title: span.statement || span.name }, toggleOf(row, isFolded), span.statement || span.name)
    name.style.paddingLeft = `${Math.min(depth, DEEPEST_INDENT) * 14}px`
    const element = h(
      'div',
      {
        class: `row ${toneOf(span)}${span.spanId === chosen ? ' is-chosen' : ''}`,
        id: `span-${span.spanId}`,
        role: 'treeitem',
        'aria-level': depth + 1,
        'aria-selected': span.spanId === chosen ? 'true' : 'false',
        'aria-expanded': children.length === 0 ? undefined : isFolded ? 'false' : 'true',
        onclick: (event) => ((event.target as Element).closest('.toggle') ? fold(row) : choose(row)),
      },
      name,
      barOf(span),
    )
    element.style.transform = `translateY(${index * ROW_HEIGHT}px)`
    return element
  }

  function barOf({ start: begin, durationMs, location }: Span): HTMLElement {
    const left = ((begin - start) / total) * 100
    const width = (durationMs / total) * 100
    const bar = h('span', { class: 'bar' })
    bar.style.left = `${left}%`
    bar.style.width = `max(2px, ${width}%)`
    const label = h('span', { class: 'barlabel' }, milliseconds(durationMs), location && h('span', { class: 'faint' }, ` ${location}`))
    // the label stands behind its bar, or before it where there is no room
    if (left + width < 70) label.style.left = `calc(${left + width}% + 6px)`
    else if (left > 30) label.style.right = `calc(${100 - left}% + 6px)`
    else label.style.left = `calc(${left}% + 6px)`
    return h('span', { class: 'track' }, bar, label)
  }

  function choose({ span }: TreeRow): void {
    mark(span)
    draw()
    onChoose(span)
  }

  function mark(span: Span): void {
    chosen = span.spanId
    scroller.setAttribute('aria-activedescendant', `span-${span.spanId}`)
  }

  function fold({ span, children }: TreeRow): void {
    if (children.length === 0) return
    if (!folded.delete(span.spanId)) folded.add(span.spanId)
    layOut()
  }

  function reveal(index: number): void {
    const top = index * ROW_HEIGHT
    if (top < scroller.scrollTop) scroller.scrollTop = top
    else if (top + ROW_HEIGHT > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = top + ROW_HEIGHT - scroller.clientHeight
  }

  function walk(event: KeyboardEvent): void {
    const at = rows.findIndex(({ span }) => span.spanId === chosen)
    const row = rows[at]
    const page = Math.floor(MOST_HEIGHT / ROW_HEIGHT)
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -rows.length, End: rows.length }
    const isFolded = row !== undefined && folded.has(row.span.spanId)
    if (row && ((event.key === 'ArrowLeft' && !isFolded) || (event.key === 'ArrowRight' && isFolded))) fold(row)
    const step = steps[event.key]
    if (step === undefined) return
    event.preventDefault()
    const next = Math.max(0, Math.min(rows.length - 1, at + step))
    if (rows[next]) choose(rows[next])
    reveal(next)
  }

  let isAsked = false
  scroller.addEventListener('scroll', () => {
    if (isAsked) return
    isAsked = true
    requestAnimationFrame(() => {
      isAsked = false
      draw()
    })
  })
  scroller.addEventListener('keydown', walk)
  layOut()
  return {
    element,
    select(span) {
      mark(span)
      draw()
      // not in the page yet: where it scrolls to is known only after the layout
      requestAnimationFrame(() => reveal(rows.findIndex((row) => row.span.spanId === span.spanId)))
    },
  }
}

function toggleOf({ children }: TreeRow, isFolded: boolean): HTMLElement {
  if (children.length === 0) return h('span', { class: 'toggle none' })
  return h('span', { class: 'toggle', title: isFolded ? `${children.length} hidden` : 'Fold' }, isFolded ? '▸' : '▾')
}

/** A span's colour: failed, database, outgoing call, or our own time. */
function toneOf({ statusCode, statement, attributes, kind }: Span): string {
  const system =
    statement || attributes['db.system.name']
      ? 'db'
      : kind === 'Client' || kind === 'Producer'
        ? 'call'
        : kind === 'Server'
          ? 'server'
          : 'own'
  return statusCode === 'Error' ? `${system} failed` : system
}

function axis(total: number): HTMLElement {
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const tick = h('span', {}, milliseconds(total * share))
    tick.style.left = `${share * 100}%`
    return tick
  })
  return h('div', { class: 'axis', 'aria-hidden': 'true' }, h('span', { class: 'name' }, 'Span'), h('span', { class: 'track' }, ...ticks))
}
