/** A function of request and response, which is also what Express and GraphQL Yoga make; or `{ handler, close }`. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { ApplicationHandler, RequestHandler } from '../../application-context.ts'
import type { Adopted } from '../program.ts'
import { type AdoptContext, hasMethods, type Kind } from './kind.ts'

export const handlerObject: Kind<ApplicationHandler> = {
  kind: 'handler',
  is: (value): value is ApplicationHandler => typeof value === 'object' && hasMethods(value, 'handler'),
  adopt(value, context) {
    const adopted = adoptHandler((request, response) => value.handler(request, response), context)
    return { ...adopted, close: () => value.close?.() }
  },
}

/** Express 4 and 5, Connect, Restify handlers, GraphQL Yoga: functions with methods of their own. */
export const handlerFunction: Kind<RequestHandler> = {
  kind: 'handler',
  is: (value): value is RequestHandler =>
    typeof value === 'function' &&
    (hasMethods(value, 'handle', 'use') || hasMethods(value, 'fetch') || hasMethods(value, 'handle', 'route')),
  adopt: adoptHandler,
}

/** A handler that throws or rejects is answered for; it never ends the process. */
export function adoptHandler(handler: RequestHandler, { onError }: AdoptContext): Adopted {
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    try {
      const result = handler.call(server, request, response)
      if (result instanceof Promise) result.catch((error: unknown) => onError(error, response))
    } catch (error) {
      onError(error, response)
    }
  })
  return { kind: 'handler', server }
}
