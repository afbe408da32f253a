/** Numbers with units, as people write them in a rule: `200 ms`, `5 %`, `1 GiB`, `3`. */

const MS = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const
const BYTES = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const

/** What a text is in a declared unit (UCUM); undefined when it is none of that unit. */
export function inUnit(text: string | number, unit: string): number | undefined {
  const [, digits, written = ''] = /^(\d+(?:\.\d+)?)\s*([A-Za-z%]*)$/.exec(String(text).trim()) ?? []
  if (digits === undefined) return undefined
  const factor = factorOf(written, unit)
  return factor === undefined ? undefined : Number(digits) * factor
}

/** Milliseconds of `90s`, `5m`, `1h30m`. */
export function durationOf(text: string | number): number | undefined {
  const parts = typeof text === 'string' ? (text.match(/\d+(?:\.\d+)?\s*[A-Za-z]+/g) ?? []) : []
  if (parts.length === 0 || parts.join('') !== String(text).trim()) return undefined
  const times = parts.map((part) => inUnit(part, 'ms'))
  return times.every((ms) => ms !== undefined) ? times.reduce((sum, ms) => sum + ms, 0) : undefined
}

function factorOf(written: string, unit: string): number | undefined {
  const perMs = { ms: 1, s: 1e-3, us: 1e3, ns: 1e6 }[unit]
  if (perMs !== undefined) return Object.hasOwn(MS, written) ? MS[written as keyof typeof MS] * perMs : undefined
  if (unit === 'By') return Object.hasOwn(BYTES, written) ? BYTES[written as keyof typeof BYTES] : undefined
  if (unit === '1') return { '': 1, '%': 0.01 }[written]
  return written === '' ? 1 : undefined
}

/** As Prometheus and people write it: `90s`. */
export const secondsText = (ms: number): string => (ms === 0 ? '0s' : `${Math.max(1, Math.round(ms / 1000))}s`)
