/** Where a request spent its time on the processor: functions as bars as wide as their time, each below the one that called it. */
import type { LogRecord } from './api-types.ts'
import { h } from './dom.ts'
import { type Flame, flameTree } from './flame-tree.ts'
import { milliseconds, percent } from './format.ts'

/** Narrower bars cannot be read or pointed at. */
const MIN_SHARE = 0.004

/** The record of a profile among those of a trace. */
export function isProfile({ attributes }: LogRecord): boolean {
  return 'spyglass.profile.ms' in attributes
}

export function flameGraph({ body, attributes, service }: LogRecord): HTMLElement {
  const root = flameTree(body)
  const of = Number(attributes['spyglass.profile.of_ms'])
  const note = `${service}: ${milliseconds(root.micros / 1000)} on the processor of ${milliseconds(of)}, from 99 samples a second.`
  return h('figure', { class: 'flames' }, h('figcaption', { class: 'faint' }, note), bar(root, root.micros, 1))
}

function bar(flame: Flame, whole: number, share: number): HTMLElement {
  const { name, micros, inner } = flame
  const title = `${name}\n${milliseconds(micros / 1000)}, ${percent(micros / whole)}`
  const shown = inner.filter((one) => one.micros / whole >= MIN_SHARE)
  const element = h(
    'div',
    { class: 'flame' },
    h('span', { class: toneOf(name), title }, name),
    h(
      'div',
      { class: 'inner' },
      shown.map((one) => bar(one, whole, one.micros / micros)),
    ),
  )
  element.style.setProperty('--share', String(share))
  return element
}

/** The application's own code stands out from that of Node and of packages. */
function toneOf(name: string): string {
  if (!name.includes('(')) return 'native'
  return /\(node:|node_modules\//.test(name) ? 'library' : 'own'
}
