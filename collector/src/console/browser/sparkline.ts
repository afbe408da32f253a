/** A row of bars as high as a line of text: how a count went over the range. */
import { barsOf, type CountedRange, type Counts } from './bars.ts'
import { h } from './dom.ts'

export function sparkline(counts: Counts, range: CountedRange | undefined): HTMLElement {
  const heights = range ? barsOf(counts, range) : []
  const most = Math.max(1, ...heights)
  const bars = heights.map((height) => {
    const bar = h('span', { class: height > 0 ? 'bar' : 'bar none' })
    bar.style.setProperty('--height', String(height / most))
    return bar
  })
  const sum = heights.reduce((total, height) => total + height, 0)
  return h('span', { class: 'spark', role: 'img', 'aria-label': `${sum} in ${heights.length} steps, at most ${most} in one` }, bars)
}
