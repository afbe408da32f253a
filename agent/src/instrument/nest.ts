/** Exceptions of NestJS, which its filters answer before Express or Fastify sees them. Routes are those of Express and Fastify. */
import { attempt } from '../guard/guard.ts'
import type { Instrumentation } from './instrumentation.ts'
import { noteFault } from './note-fault.ts'

interface Host {
  getType(): string
  getArgByIndex(index: number): unknown
}

type Next = (this: unknown, exception: unknown, host: Host, ...rest: unknown[]) => unknown

export const nestjsCore: Instrumentation = {
  name: 'nestjs-core',
  package: '@nestjs/core',
  versions: ['8.0.0', '13.0.0'],
  by: 'module hook',
  records: 'exceptions that filters answer; routes by Express or Fastify',
  kinds: [],
  forms: ['esm', 'cjs', 'tsx'],
  attach: () => [
    {
      file: /^exceptions\/exceptions-handler\.js$/,
      // A class of its module, which is CommonJS before version 12; tsx puts it into a function when it is required.
      append: (call) => `${call} typeof ExceptionsHandler === 'function' ? { ExceptionsHandler } : module.exports)`,
      apply: ({ ExceptionsHandler: { prototype } }: { readonly ExceptionsHandler: { readonly prototype: { next: Next } } }) =>
        patchNext(prototype),
    },
  ],
}

function patchNext(prototype: { next: Next }): void {
  const { next } = prototype
  prototype.next = function nextRecorded(exception, host, ...rest) {
    attempt('nestjs.exception', () => note(exception, host), undefined)
    return next.call(this, exception, host, ...rest)
  }
}

/** Of Fastify it is the reply, which has Node's response. */
function note(exception: unknown, host: Host): void {
  if (host.getType() !== 'http') return
  const response = host.getArgByIndex(1) as { readonly raw?: object }
  noteFault(response.raw ?? response, faultIn(exception))
}

/** An HttpException tells its status by a method. */
function faultIn(exception: unknown): unknown {
  const { getStatus } = (exception ?? {}) as { getStatus?: () => unknown }
  const status = typeof getStatus === 'function' ? getStatus.call(exception) : undefined
  return typeof status === 'number' && status < 500 ? undefined : exception
}
