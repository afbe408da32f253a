/**
 * Routes and errors of Next.js, pages and app alike: the server notes on each request which page it invokes, and reports what fails in one to the
 * hook `onRequestError`. Both happen in modules of its own that a build leaves outside of its bundles.
 */
import { guarded } from '../guard/guard.ts'
import { currentRecord } from '../recorder/context.ts'
import type { Instrumentation } from './instrumentation.ts'
import { noteFaultHere } from './note-fault.ts'

type AddRequestMeta = (this: unknown, request: unknown, key: string, value: unknown) => unknown
/** Two folders come before the error. */
type OnRequestError = (this: unknown, ...args: unknown[]) => unknown

export const next: Instrumentation = {
  name: 'next',
  package: 'next',
  versions: ['15.0.0', '17.0.0'],
  by: 'module hook',
  records: 'routes of pages, app and API, exceptions',
  untested: 'its licences keep it out of the tests; seen with `next start` of version 16 by hand',
  kinds: [],
  forms: ['cjs'],
  attach: () => [
    {
      file: /^dist\/server\/request-meta\.js$/,
      append: (call) => `try { addRequestMeta = ${call} addRequestMeta) } catch {}`,
      apply: namingRoute,
    },
    {
      file: /^dist\/server\/lib\/router-utils\/instrumentation-globals\.external\.js$/,
      append: (call) => `try { instrumentationOnRequestError = ${call} instrumentationOnRequestError) } catch {}`,
      apply: notingErrors,
    },
  ],
}

/** The names of its pages are templates: `/shop/[id]`. */
const nameRoute = guarded('next.route', (page: string) => {
  const record = currentRecord()
  if (record && !page.startsWith('/_')) record.routeTemplate = page
})

function namingRoute(addRequestMeta: AddRequestMeta): AddRequestMeta {
  return function addRequestMetaRecorded(request, key, value) {
    if (key === 'invokeOutput' && typeof value === 'string') nameRoute(value)
    return addRequestMeta.call(this, request, key, value)
  }
}

function notingErrors(onRequestError: OnRequestError): OnRequestError {
  return function onRequestErrorRecorded(...args) {
    noteFaultHere(args[2])
    return onRequestError.apply(this, args)
  }
}
