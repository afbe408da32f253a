/** A signal as a drawing that needs no script. */
import type { Signal } from '../../alert/index.ts'

export interface Drawn {
  readonly since: number
  readonly resolvedAt?: number
}

const [WIDTH, HEIGHT, LEFT, BOTTOM] = [1000, 220, 60, 24]
const COLORS = ['#1f6fc0', '#b36b00']
const THRESHOLD = '#c23434'

/** Empty without two points. `Drawn` is shaded: the time that the incident took. */
export function signalSvg(signal: Signal, { since, resolvedAt }: Drawn): string {
  const { times, series, threshold } = signal
  const [first, last] = [times[0], times.at(-1)]
  if (first === undefined || last === undefined || last <= first) return ''
  const most = Math.max(1e-9, threshold?.value ?? 0, ...series.flatMap(({ values }) => values.map((value) => value ?? 0))) * 1.15
  const x = (time: number): number => round(LEFT + ((clamp(time, first, last) - first) / (last - first)) * (WIDTH - LEFT))
  const y = (value: number): number => round(HEIGHT - BOTTOM - (value / most) * (HEIGHT - BOTTOM))
  const lines = series.map(
    ({ values }, i) => `<path d="${path(times, values, { x, y })}" fill="none" stroke="${COLORS[i] ?? '#888'}" stroke-width="2"/>`,
  )
  const bound =
    threshold &&
    `<path d="M${LEFT} ${y(threshold.value)}H${WIDTH}" stroke="${THRESHOLD}" stroke-dasharray="6 4"/><text x="${LEFT + 4}" y="${y(threshold.value) - 4}" fill="${THRESHOLD}">${shown(threshold.value, signal.unit)}</text>`
  const end = x(resolvedAt ?? last)
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" font-size="12" fill="currentColor">
<rect x="${x(since)}" y="0" width="${Math.max(2, end - x(since))}" height="${HEIGHT - BOTTOM}" fill="${THRESHOLD}" opacity="0.12"/>
<path d="M${LEFT} 0V${HEIGHT - BOTTOM}H${WIDTH}" fill="none" stroke="currentColor" opacity="0.4"/>
<text x="0" y="12">${shown(most, signal.unit)}</text><text x="0" y="${HEIGHT - BOTTOM}">0</text>
<text x="${LEFT}" y="${HEIGHT - 6}">${clock(first)}</text><text x="${WIDTH}" y="${HEIGHT - 6}" text-anchor="end">${clock(last)}</text>
${[...lines, bound ?? ''].join('\n')}
</svg>`
}

interface Scale {
  readonly x: (time: number) => number
  readonly y: (value: number) => number
}

/** Where nothing was measured the line has a gap. */
function path(times: readonly number[], values: readonly (number | null)[], { x, y }: Scale): string {
  let isDrawing = false
  return values
    .map((value, i) => {
      const step = value === null ? '' : `${isDrawing ? 'L' : 'M'}${x(times[i] ?? 0)} ${y(value)}`
      isDrawing = value !== null
      return step
    })
    .join('')
}

export function shown(value: number, unit: string): string {
  const number = String(Math.round(value * 100) / 100)
  if (unit === '1') return `${Math.round(value * 1000) / 10} %`
  if (unit === 'By') return `${Math.round(value / 1024 ** 2)} MiB`
  return unit === 'ms' || unit === 's' ? `${number} ${unit}` : number
}

const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value))
const round = (value: number): number => Math.round(value * 10) / 10
const clock = (ms: number): string => new Date(ms).toISOString().slice(11, 16)
