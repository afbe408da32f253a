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

export type Parameters = Readonly<Record<string, string | number | undefined>>

/** The answer as `T`. A session that has ended leads to the login form, which leads back here. */
export async function get<T>(path: string, parameters: Parameters = {}): Promise<T> {
  return (await ask(path, { parameters })).body as T
}

export interface Answer {
  readonly body: unknown
  readonly etag: string | undefined
}

export interface Request {
  readonly method?: string
  readonly parameters?: Parameters
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: BodyInit
  /** Default 20 s. */
  readonly patienceMs?: number
}

export async function ask(path: string, { patienceMs = 20_000, ...request }: Request = {}): Promise<Answer> {
  const answer = await answered(path, request, AbortSignal.timeout(patienceMs))
  return { body: await answer.json(), etag: answer.headers.get('etag') ?? undefined }
}

/** The items of a list that grows, as they come. Ends when `signal` aborts. */
export async function* follow(path: string, parameters: Parameters, signal: AbortSignal): AsyncGenerator<readonly string[], void> {
  const { body } = await answered(path, { parameters: { ...parameters, follow: 'true' } }, signal)
  if (!body) return
  const pieces = body.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  try {
    for (;;) {
      const { value } = await pieces.read().catch(() => ({ value: undefined }))
      if (value === undefined) break
      const lines = (rest + value).split('\n')
      rest = lines.pop() ?? ''
      yield lines.filter(Boolean).map((line) => JSON.parse(line) as string)
    }
  } finally {
    void pieces.cancel().catch(() => {}) // it has ended already
  }
  if (!signal.aborted) throw new ApiError('SPY_CONSOLE_AWAY', 'The connection has ended. Follow it again.')
}

/** The answer, where it is a good one. */
async function answered(
  path: string,
  { method = 'GET', parameters = {}, headers = {}, body }: Omit<Request, 'patienceMs'>,
  signal: AbortSignal,
): Promise<Response> {
  const given = Object.entries(parameters).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]))
  const query = new URLSearchParams(given).toString()
  let answer: Response
  try {
    answer = await fetch(`/api/v1/${path}${query ? `?${query}` : ''}`, {
      method,
      headers: { 'x-requested-with': 'spyglass', ...headers },
      ...(body === undefined ? {} : { body }),
      signal,
    })
  } catch {
    throw new ApiError('SPY_CONSOLE_AWAY', 'The console does not respond. It may be restarting; this view retries automatically.')
  }
  if (answer.status === 401) location.assign(`/login${location.hash}`)
  if (answer.ok) return answer
  throw problemOf(answer, (await answer.json().catch(() => ({}))) as Problem)
}

/** As RFC 9457 has it, with a code of ours. */
interface Problem {
  readonly code?: string
  readonly detail?: string
}

function problemOf(answer: Response, { code, detail }: Problem): ApiError {
  return new ApiError(code ?? `HTTP ${answer.status}`, detail ?? answer.statusText)
}

/** Range and service of the address, as the API takes them. */
export function ofRange(): Record<string, string | number> {
  const place = here()
  const { from, to, isLive } = rangeOf(place)
  const service = place.parameters.get('service') ?? ''
  return { from: Math.floor(from), ...(isLive ? {} : { to: Math.ceil(to) }), ...(service ? { service } : {}) }
}
