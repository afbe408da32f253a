/**
 * The waterfall of a trace. Only the visible rows exist as elements, so a trace of a hundred thousand spans scrolls like one of ten.
 * Rows fold; the arrow keys move; screen readers learn the selected row from aria-activedescendant.
 */
import type { Span } from './api-types.ts'
import { fill, h } from './dom.ts'
import { milliseconds } from './format.ts'
import { flatten, type TreeNode, type TreeRow, treeOf } from './span-tree.ts'

export interface Waterfall {
  readonly element: HTMLElement
  /** Selects a span and scrolls to it; does not call back. */
  select(span: Span): void
}

const ROW_HEIGHT = 24
const MAX_HEIGHT = 640
/** Rows drawn beyond the visible area, so that slow scrolling shows no gap. */
const SPARE = 12
/** Deeper levels are not indented further: names must stay readable. */
const DEEPEST_INDENT = 16
const ROWS_IN_VIEW = Math.floor(MAX_HEIGHT / ROW_HEIGHT)
/** Rows that a key moves by. */
const STEPS: Readonly<Record<string, number>> = {
  ArrowDown: 1,
  ArrowUp: -1,
  PageDown: ROWS_IN_VIEW,
  PageUp: -ROWS_IN_VIEW,
  Home: -Infinity,
  End: Infinity,
}

export function createWaterfall(spans: readonly Span[], onChoose: (span: Span) => void): Waterfall {
  return new VirtualWaterfall(spans, onChoose)
}

class VirtualWaterfall implements Waterfall {
  readonly element: HTMLElement
  readonly #tree: readonly TreeNode[]
  readonly #onChoose: (span: Span) => void
  readonly #canvas = h('div', { class: 'rows' })
  readonly #scroller: HTMLElement
  readonly #folded = new Set<Span>()
  /** Spans may share an id, so each has a number of its own in the document. */
  readonly #numbers: ReadonlyMap<Span, number>
  /** Begin and length of the trace in milliseconds. */
  readonly #start: number
  readonly #total: number
  #rows: readonly TreeRow[] = []
  #chosen: Span | undefined
  #isAsked = false

  constructor(spans: readonly Span[], onChoose: (span: Span) => void) {
    this.#tree = treeOf(spans)
    this.#numbers = new Map(spans.map((span, i) => [span, i]))
    this.#onChoose = onChoose
    this.#start = spans.reduce((least, span) => Math.min(least, span.start), Infinity)
    this.#total = Math.max(0.001, spans.reduce((most, span) => Math.max(most, span.start + span.durationMs), 0) - this.#start)
    const label = `Waterfall of ${spans.length} spans`
    this.#scroller = h('div', { class: 'waterfall', role: 'tree', tabindex: 0, 'aria-label': label }, this.#canvas)
    this.#scroller.addEventListener('scroll', () => this.#drawSoon())
    this.#scroller.addEventListener('keydown', (event) => this.#onKey(event))
    this.element = h('div', { class: 'waterfallbox' }, axis(this.#total), this.#scroller)
    this.#layOut()
  }

  select(span: Span): void {
    this.#mark(span)
    // not in the document yet: where it scrolls to is known only after the layout
    requestAnimationFrame(() => this.#reveal(this.#rows.findIndex((row) => row.span === span)))
  }

  #layOut(): void {
    this.#rows = flatten(this.#tree, this.#folded)
    const height = this.#rows.length * ROW_HEIGHT
    this.#canvas.style.height = `${height}px`
    this.#scroller.style.height = `${Math.min(MAX_HEIGHT, height + 2)}px`
    this.#draw()
  }

  #drawSoon(): void {
    if (this.#isAsked) return
    this.#isAsked = true
    requestAnimationFrame(() => {
      this.#isAsked = false
      this.#draw()
    })
  }

  #draw(): void {
    const top = this.#scroller.scrollTop
    const first = Math.max(0, Math.floor(top / ROW_HEIGHT) - SPARE)
    const last = Math.ceil((top + MAX_HEIGHT) / ROW_HEIGHT) + SPARE
    fill(
      this.#canvas,
      this.#rows.slice(first, last).map((row, i) => this.#rowElement(row, first + i)),
    )
  }

  #rowElement(row: TreeRow, index: number): HTMLElement {
    const { span, depth, children } = row
    const isFolded = this.#folded.has(span)
    const isChosen = span === this.#chosen
    const title = span.statement || span.name
    const name = h('span', { class: 'name', title }, toggleOf(row, isFolded), title)
    name.style.paddingLeft = `${Math.min(depth, DEEPEST_INDENT) * 14}px`
    const attributes = {
      class: `row ${toneOf(span)}${isChosen ? ' is-chosen' : ''}`,
      id: this.#idOf(span),
      role: 'treeitem',
      'aria-level': depth + 1,
      'aria-selected': isChosen ? 'true' : 'false',
      'aria-expanded': children.length === 0 ? undefined : isFolded ? 'false' : 'true',
      onclick: (event: Event) => ((event.target as Element).closest('.toggle') ? this.#fold(row) : this.#choose(row)),
    }
    const element = h('div', attributes, name, this.#barElement(span))
    element.style.transform = `translateY(${index * ROW_HEIGHT}px)`
    return element
  }

  #barElement({ start, durationMs, location }: Span): HTMLElement {
    const left = ((start - this.#start) / this.#total) * 100
    const width = (durationMs / this.#total) * 100
    const bar = h('span', { class: 'bar' })
    bar.style.left = `${left}%`
    bar.style.width = `max(2px, ${width}%)`
    const label = h('span', { class: 'barlabel' }, milliseconds(durationMs), location && h('span', { class: 'faint' }, ` ${location}`))
    // the label comes after its bar, or before or inside it if there is no room
    if (left + width < 70) label.style.left = `calc(${left + width}% + 6px)`
    else if (left > 30) label.style.right = `calc(${100 - left}% + 6px)`
    else {
      label.style.left = `calc(${left}% + 6px)`
      label.classList.add('inside')
    }
    return h('span', { class: 'track' }, bar, label)
  }

  #choose({ span }: TreeRow): void {
    this.#mark(span)
    this.#onChoose(span)
  }

  #idOf(span: Span): string {
    return `span-${this.#numbers.get(span)}`
  }

  #mark(span: Span): void {
    this.#chosen = span
    this.#scroller.setAttribute('aria-activedescendant', this.#idOf(span))
    this.#draw()
  }

  #fold({ span, children }: TreeRow): void {
    if (children.length === 0) return
    if (!this.#folded.delete(span)) this.#folded.add(span)
    this.#layOut()
  }

  #reveal(index: number): void {
    const top = index * ROW_HEIGHT
    const scroller = this.#scroller
    if (top < scroller.scrollTop) scroller.scrollTop = top
    else if (top + ROW_HEIGHT > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = top + ROW_HEIGHT - scroller.clientHeight
  }

  #onKey(event: KeyboardEvent): void {
    const at = this.#rows.findIndex(({ span }) => span === this.#chosen)
    const row = this.#rows[at]
    const isFolded = row !== undefined && this.#folded.has(row.span)
    if (row && ((event.key === 'ArrowLeft' && !isFolded) || (event.key === 'ArrowRight' && isFolded))) this.#fold(row)
    const step = STEPS[event.key]
    if (step === undefined) return
    event.preventDefault()
    const next = Math.max(0, Math.min(this.#rows.length - 1, at + step))
    if (this.#rows[next]) this.#choose(this.#rows[next])
    this.#reveal(next)
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
