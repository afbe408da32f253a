/**
 * Lines of the access log for requests that ran when their instance ended: it could not write them itself. Only what a server of ours mounted is logged, in
 * the form of the JSON format, whatever the format of the log: a reader must be able to tell that these lines come from elsewhere.
 */
import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { attr } from '@spyglass/agent/contract'
import { redactSecretParameters } from '@spyglass/agent/redact'
import { PROCESS_CRASHED, type RequestInFlight, type SpoolContent } from '@spyglass/agent/spool'

/** What the configuration allows as a name, and the server's own. */
const APPLICATION = /^(_server|[a-z0-9][a-z0-9_-]{0,63})$/

/** Appends one line for each request to the log of its application. */
export async function logCrashed(folder: string, { header, inFlight, lastWriteMs }: SpoolContent): Promise<void> {
  const instance = String(header.resource[attr.serviceInstanceId] ?? '')
  const lines = Map.groupBy(inFlight, ({ application }) => application ?? '')
  for (const [application, requests] of lines) {
    if (!APPLICATION.test(application)) continue
    const text = requests.map((request) => lineOf(request, { application, instance, endedAt: lastWriteMs ?? request.startTime })).join('')
    await appendFile(join(folder, `${application}.log`), text, { mode: 0o640 })
  }
}

interface Where {
  readonly application: string
  readonly instance: string
  readonly endedAt: number
}

function lineOf(request: RequestInFlight, { application, instance, endedAt }: Where): string {
  const { method, route, url, clientAddress, userAgent, startTime, traceId, spanId } = request
  const question = url.indexOf('?')
  const line = {
    time: new Date(startTime).toISOString(),
    [attr.clientAddress]: clientAddress,
    [attr.httpMethod]: method,
    [attr.urlPath]: question < 0 ? url : url.slice(0, question),
    [attr.urlQuery]: question < 0 ? undefined : redactSecretParameters(url.slice(question + 1)),
    [attr.httpRoute]: route === '' ? undefined : route,
    duration_ms: Math.max(0, endedAt - startTime),
    [attr.userAgent]: userAgent,
    trace_id: traceId,
    span_id: spanId,
    aborted: true,
    [attr.errorType]: PROCESS_CRASHED,
    instance,
    application,
  }
  return `${JSON.stringify(line)}\n`
}
