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
  /** It could not be done, and the client has been answered so; or the response could not be ended, and is cut off. */
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
    const done = held.commit()
    const unseal = done ? sealed(response) : (): void => {}
    const finish = (): ServerResponse => {
      unseal()
      response.end = end as typeof response.end
      return end.apply(response, args)
    }
    if (!done) return finish()
    const refuse = (error: unknown): void => {
      unseal()
      response.end = end as typeof response.end
      answerFailure(response, error)
      held.failed(error as Error)
    }
    done.then(finish, refuse).catch((error: unknown) => {
      response.destroy() // `end` has thrown where its caller no longer sees it: `end(42)`, for instance
      held.failed(error as Error)
    })
    return response
  }) as typeof response.end
}

const CHANGES_OF_HEAD = ['setHeader', 'setHeaders', 'appendHeader', 'removeHeader', 'writeHead'] as const

/**
 * Makes the response one that has ended, as the application sees it, until the function it returns is called: what is sent then is what was there at
 * `end`. Express would otherwise answer an error that is thrown after `res.json()` with the head of one body and the text of the other.
 */
function sealed(response: ServerResponse): () => void {
  const { statusCode, statusMessage } = response
  const seals: Readonly<Record<string, PropertyDescriptor>> = {
    headersSent: { get: () => true },
    writableEnded: { get: () => true },
    flushHeaders: { value: () => {} },
    write: { value: (...args: readonly unknown[]) => refusedWrite(response, args.at(-1)) },
    ...Object.fromEntries(CHANGES_OF_HEAD.map((name) => [name, { value: refusedChange }])),
  }
  const before = Object.keys(seals).map((name) => [name, Object.getOwnPropertyDescriptor(response, name)] as const)
  for (const [name, seal] of Object.entries(seals)) Object.defineProperty(response, name, { ...seal, configurable: true })
  return () => {
    for (const [name, descriptor] of before) {
      Reflect.deleteProperty(response, name)
      if (descriptor) Object.defineProperty(response, name, descriptor)
    }
    Object.assign(response, { statusCode, statusMessage })
  }
}

/** Errors as Node makes them, since applications know its codes. */
const nodeError = (code: string, message: string): Error => Object.assign(new Error(message), { code })

function refusedChange(): never {
  throw nodeError('ERR_HTTP_HEADERS_SENT', 'Cannot change headers after they are sent to the client')
}

function refusedWrite(response: ServerResponse, callback: unknown): false {
  const error = nodeError('ERR_STREAM_WRITE_AFTER_END', 'write after end')
  process.nextTick(() => {
    if (typeof callback === 'function') callback(error)
    if (!response.destroyed) response.emit('error', error)
  })
  return false
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
