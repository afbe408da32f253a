/** All state of the console is in the fragment of its address: `#/slow?service=shop&range=1h`. A link shows what its sender saw. */

export interface Place {
  readonly view: string
  /** What comes after the view: a trace id, a place among the settings. */
  readonly argument: string
  readonly parameters: URLSearchParams
}

export interface Range {
  readonly from: number
  readonly to: number
  /** Whether it ends now and keeps moving. */
  readonly isLive: boolean
}

export const ranges = { '15m': 900_000, '1h': 3_600_000, '6h': 21_600_000, '24h': 86_400_000 } as const
export type RangeName = keyof typeof ranges

/** Parameters kept from view to view. */
const KEPT = ['range', 'from', 'to', 'service']

export function here(): Place {
  const [path = '', ...query] = location.hash.replace(/^#\/?/, '').split('?')
  const [view = '', ...argument] = path.split('/')
  return { view: view || 'overview', argument: decoded(argument.join('/')), parameters: new URLSearchParams(query.join('?')) }
}

/** Part of an address; one that somebody typed or cut short is taken as it is. */
export function decoded(argument: string): string {
  try {
    return decodeURIComponent(argument)
  } catch {
    return argument
  }
}

export type Changes = Readonly<Record<string, string | number | undefined>>

/** Address of another view with range and service kept; undefined removes a parameter. */
export function linkTo(view: string, argument = '', changes: Changes = {}): string {
  const { parameters } = here()
  const kept = new URLSearchParams(KEPT.flatMap((name) => (parameters.has(name) ? [[name, parameters.get(name) ?? '']] : [])))
  return address(view, argument, withChanges(kept, changes))
}

/** Changes parameters of the current view. `isStep`: the back button undoes it. */
export function change(changes: Changes, isStep = true): void {
  const { view, argument, parameters } = here()
  const url = address(view, argument, withChanges(parameters, changes))
  if (url === location.hash) return
  if (isStep) location.hash = url
  else {
    history.replaceState(undefined, '', url)
    dispatchEvent(new HashChangeEvent('hashchange'))
  }
}

/** The range of the preset that the address names, or would get; undefined if it names a beginning. */
export function rangeName({ parameters }: Place): RangeName | undefined {
  if (isTime(parameters.get('from'))) return undefined
  const name = parameters.get('range') ?? '15m'
  return name in ranges ? (name as RangeName) : '15m'
}

/** What is no time in an address, typed or cut short, counts as absent: a range from 1970 would show that nothing happened. */
function isTime(text: string | null): boolean {
  return text !== null && /^\d{1,15}$/.test(text)
}

export function rangeOf(place: Place): Range {
  const name = rangeName(place)
  if (name) return { from: Date.now() - ranges[name], to: Date.now(), isLive: true }
  const number = (key: string): number => Number(place.parameters.get(key)) || 0
  return { from: number('from'), to: Math.max(number('to'), number('from') + 60_000), isLive: false }
}

function withChanges(parameters: URLSearchParams, changes: Changes): URLSearchParams {
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === '') parameters.delete(name)
    else parameters.set(name, String(value))
  }
  return parameters
}

function address(view: string, argument: string, parameters: URLSearchParams): string {
  const query = parameters.toString()
  return `#/${view === 'overview' ? '' : view}${argument ? `/${encodeURIComponent(argument)}` : ''}${query ? `?${query}` : ''}`
}
