import { errorsOf } from '@spyglass/agent/contract'

/** Errors of applications that the server hosts. */
export const applicationErrors = {
  SPY_APPLICATION_FAILED: 'the application %s in %s could not be started: %s',
  SPY_APPLICATION_NO_MAIN: 'no main module: %s names none that exists. Set "main" or "exports" in its package.json.',
  SPY_APPLICATION_NO_FACTORY:
    '%s exports no factory. Export a default function (context) => Fastify instance, handler or { handler, close }.',
  SPY_APPLICATION_NO_HANDLER:
    'the factory in %s gave %s. It must give a Fastify instance, a function (request, response) or { handler, close }.',
  SPY_APPLICATION_START_TIMEOUT: 'it did not start within %d ms. Raise startTimeoutMs, or find out what it waits for.',
  SPY_CONTEXT_PATH_TAKEN: 'the applications %s and %s have the same context path %s',
} as const

export const fail = errorsOf(applicationErrors)
