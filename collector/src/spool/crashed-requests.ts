/**
 * Lines of the access log for requests that ran when their instance ended: it could not write them itself. Only what a server of ours mounted is logged, in
 * the form of the JSON format, whatever the format of the log: a reader must be able to tell that these lines come from elsewhere.
 */
import { appendFile } from 'node:fs/promises'
import type { AccessLogConfig } from '@spyglass/process/checked-config'
import { attr } from '@spyglass/agent/contract'
import { redactSecretParameters } from '@spyglass/agent/redact'
import { PROCESS_CRASHED, type RequestInFlight, type SpoolContent } from '@spyglass/agent/spool'

/** What the configuration allows as a name, and the server's own. */
const APPLICATION = /^(_server|[a-z0-9][a-z0-9_-]{0,63})$/

/** Appends one line for each request to the log of its application; of no other than `only`, if it is given. */
export async function logCrashed(
  accessLogOf: (application: string) => AccessLogConfig,
  { header, inFlight, lastWriteMs }: SpoolContent,
  only?: string,
): Promise<void> {
  const instance = String(header.resource[attr.serviceInstanceId] ?? '')
  const lines = Map.groupBy(inFlight, ({ application }) => application ?? '')
  for (const [application, requests] of lines) {
    if (!APPLICATION.test(application) || (only !== undefined && application !== only)) continue
    const text = requests.map((request) => lineOf(request, { application, instance, endedAt: lastWriteMs ?? request.startTime })).join('')
    const { enabled, to, file } = accessLogOf(application)
    if (!enabled) continue
    if (to === 'file') await appendFile(file, text, { mode: 0o640 })
    else process.stdout.write(text) // which is in the server log
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
