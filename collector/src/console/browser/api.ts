/** Asks the query API. */
import { here, rangeOf } from './location.ts'

/** An error of the API, with its code. */
export class ApiError extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** The answer as `T`. A session that has ended leads to the login form, which leads back here. */
export async function get<T>(path: string, parameters: Readonly<Record<string, string | number>> = {}): Promise<T> {
  const query = new URLSearchParams(Object.entries(parameters).map(([name, value]) => [name, String(value)])).toString()
  let answer: Response
  try {
    answer = await fetch(`/api/v1/${path}${query ? `?${query}` : ''}`, {
      headers: { 'x-requested-with': 'spyglass' },
      signal: AbortSignal.timeout(20_000),
    })
  } catch {
    throw new ApiError('SPY_CONSOLE_AWAY', 'The console does not respond. It may be restarting; this view retries automatically.')
  }
  if (answer.status === 401) location.assign(`/login${location.hash}`)
  if (answer.ok) return (await answer.json()) as T
  const problem = (await answer.json().catch(() => ({}))) as { error?: { code?: string; message?: string } }
  throw new ApiError(problem.error?.code ?? `HTTP ${answer.status}`, problem.error?.message ?? answer.statusText)
}

/** Range and service of the address, as the API takes them. */
export function ofRange(): Record<string, string | number> {
  const place = here()
  const { from, to, isLive } = rangeOf(place)
  const service = place.parameters.get('service') ?? ''
  return { from: Math.floor(from), ...(isLive ? {} : { to: Math.ceil(to) }), ...(service ? { service } : {}) }
}
