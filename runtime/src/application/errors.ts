import { errorsOf } from '@spyglass/agent/contract'

/** Errors of applications that the server hosts. */
export const applicationErrors = {
  SPY_APPLICATION_FAILED: 'application %s in %s could not be started: %s',
  SPY_APPLICATION_NO_MAIN: 'no main module: %s does not exist. Set "main" or "exports" in package.json to an existing file.',
  SPY_APPLICATION_NO_FACTORY:
    '%s does not export a factory. Export a default function (context) => Fastify instance, handler or { handler, close }.',
  SPY_APPLICATION_NO_HANDLER:
    'the factory in %s returned %s. It must return a Fastify instance, a function (request, response) or { handler, close }.',
  SPY_APPLICATION_START_TIMEOUT: 'it did not start within %d ms. Raise startTimeoutMs, or find out what it is waiting for.',
  SPY_CONTEXT_PATH_TAKEN: 'the applications %s and %s have the same context path %s',
} as const

export const fail = errorsOf(applicationErrors)
