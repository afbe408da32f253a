/**
 * Holds back the end of a response until the session is stored, and adds its cookie to the head. Koa, Express and plain handlers all come down to
 * `writeHead` and `end` of Node's response. Fastify has hooks for both.
 */
import type { ServerResponse } from 'node:http'
import { codeOf } from '@spyglass/agent/contract'

export interface HeldResponse {
  /** The cookie to set now; asked when the head is written. */
  readonly cookie: () => string | undefined
  /** What must be done before the response may end; undefined: nothing. */
  readonly commit: () => Promise<void> | undefined
  /** It could not be done, and the client has been answered so. */
  readonly failed: (error: Error) => void
}

type Ending = (this: ServerResponse, ...args: never[]) => ServerResponse
type Head = (this: ServerResponse, status: number, ...rest: unknown[]) => ServerResponse

export function holdResponse(response: ServerResponse, held: HeldResponse): void {
  const { end, writeHead } = response as unknown as { readonly end: Ending; readonly writeHead: Head }
  let isEnding = false
  response.writeHead = (status: number, ...rest: unknown[]) => {
    response.writeHead = writeHead
    return writeHead.call(response, status, ...withCookie(response, rest, held.cookie()))
  }
  response.end = ((...args: never[]) => {
    if (isEnding) return response
    isEnding = true
    const finish = (): ServerResponse => {
      response.end = end as typeof response.end
      return end.apply(response, args)
    }
    const done = held.commit()
    if (!done) return finish()
    done.then(finish, (error: unknown) => {
      response.end = end as typeof response.end
      answerFailure(response, error)
      held.failed(error as Error)
    })
    return response
  }) as typeof response.end
}

/** Headers given to `writeHead` replace those of `setHeader`, so a cookie of the application that comes there is joined with ours. */
function withCookie(response: ServerResponse, rest: readonly unknown[], cookie: string | undefined): readonly unknown[] {
  if (cookie === undefined) return rest
  const given = rest.at(-1)
  if (Array.isArray(given)) return [...rest.slice(0, -1), [...(given as unknown[]), ...pairFor(given, cookie)]]
  const name =
    typeof given === 'object' && given !== null ? Object.keys(given).find((key) => key.toLowerCase() === 'set-cookie') : undefined
  if (name === undefined) {
    response.appendHeader('set-cookie', cookie)
    return rest
  }
  const headers = given as Record<string, string | readonly string[]>
  return [...rest.slice(0, -1), { ...headers, [name]: [headers[name] ?? [], cookie].flat() }]
}

/** A list of headers is flat, or one of pairs. */
const pairFor = (headers: readonly unknown[], cookie: string): readonly unknown[] =>
  Array.isArray(headers[0]) ? [['set-cookie', cookie]] : ['set-cookie', cookie]

/** Nobody else can answer any more: the application has ended its response. One whose head has been sent is cut off, so that it does not look whole. */
function answerFailure(response: ServerResponse, error: unknown): void {
  if (response.headersSent) return void response.destroy(error as Error)
  const { statusCode = 500, headers = {} } = error as { statusCode?: number; headers?: Readonly<Record<string, string>> }
  for (const name of response.getHeaderNames()) response.removeHeader(name)
  response.statusCode = statusCode
  response.statusMessage = ''
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ code: codeOf(error) ?? 'SPY_SESSION_STORE_FAILED', message: 'the session could not be stored' }))
}
