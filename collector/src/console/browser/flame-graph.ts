/** Where a request spent its time on the processor: functions as bars as wide as their time, each below the one that called it. */
import type { LogRecord } from './api-types.ts'
import { cpuProfile } from './cpu-profile.ts'
import { h } from './dom.ts'
import { type Flame, flameTree } from './flame-tree.ts'
import { milliseconds, percent } from './format.ts'

/** Narrower bars cannot be read or pointed at. */
const MIN_SHARE = 0.004

/** The record of a profile among those of a trace. */
export function isProfile({ attributes }: LogRecord): boolean {
  return 'spyglass.profile.ms' in attributes
}

export function flameGraph(record: LogRecord): HTMLElement {
  const root = flameTree(record.body)
  const note = h('figcaption', { class: 'faint' }, noteOf(record, root.micros / 1000), ' ', downloadOf(record))
  return h('figure', { class: 'flames' }, note, bar(root, root.micros, 1))
}

/** One that was asked for says what took it. */
function noteOf({ attributes, service }: LogRecord, ms: number): string {
  const of = milliseconds(Number(attributes['spyglass.profile.of_ms']))
  const by = attributes['spyglass.profile.by']
  const whole = attributes['spyglass.profile.kind'] === 'wall' ? 'of wall time' : 'on the processor'
  return `${service}: ${milliseconds(ms)} ${whole} of ${of}, ${by === undefined ? 'from 99 samples a second' : `by ${by}`}.`
}

function downloadOf({ body, service, traceId }: LogRecord): HTMLElement {
  const button = h('button', { type: 'button', title: 'For the developer tools of a browser or editor' }, 'Download .cpuprofile')
  button.addEventListener('click', () => {
    const url = URL.createObjectURL(new Blob([JSON.stringify(cpuProfile(body))], { type: 'application/json' }))
    h('a', { href: url, download: `${service}-${traceId.slice(0, 8)}.cpuprofile` }).click()
    URL.revokeObjectURL(url)
  })
  return button
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
