/** Whether the collector answers, as an export would find it: the same connection, credentials and certificates. */
import { codeOf, messageOf } from '../contract/errors.ts'
import { otlpBaseUrl } from '../otlp/exporter.ts'
import { createPoster } from '../otlp/http-post.ts'
import { withoutUserInfo } from '../redact/url.ts'
import { type AgentSettings, trustOf } from '../settings/settings.ts'

const ANSWER_MS = 5000

export interface EndpointFinding {
  readonly isGood: boolean
  /** `answers`, or what is wrong and what to do. */
  readonly text: string
}

/** Sends an export of nothing to the traces of the settings' endpoint. */
export async function askEndpoint(settings: AgentSettings): Promise<EndpointFinding> {
  const poster = createPoster({ headers: settings.headers, trust: trustOf(settings), gzip: false, timeoutMs: ANSWER_MS })
  const deadline = setTimeout(() => poster.close(), ANSWER_MS) // it also holds the process open, which the connection does not
  try {
    const url = new URL('v1/traces', otlpBaseUrl(settings.endpoint))
    const { status, error } = await poster.post(url, Buffer.alloc(0))
    return status === 0 ? silent(error) : findingOf(withoutUserInfo(url.href), status)
  } catch (error) {
    return { isGood: false, text: [codeOf(error), messageOf(error)].filter(Boolean).join(': ') }
  } finally {
    clearTimeout(deadline)
    poster.close()
  }
}

function silent(error: unknown): EndpointFinding {
  const reason = error === undefined ? `nothing within ${ANSWER_MS / 1000} s` : messageOf(error)
  return {
    isGood: false,
    text: `does not answer (${reason}): is a collector running there? OTEL_EXPORTER_OTLP_ENDPOINT says where`,
  }
}

function findingOf(url: string, status: number): EndpointFinding {
  if (status >= 200 && status < 300) return { isGood: true, text: 'answers' }
  if (status === 401 || status === 403)
    return { isGood: false, text: `answers ${status}: set OTEL_EXPORTER_OTLP_HEADERS to its credentials` }
  if (status === 429 || status === 503) return { isGood: true, text: `answers ${status}: it is busy, and the agent tries again` }
  return { isGood: false, text: `answers ${status} to ${url}: that is no OTLP endpoint over HTTP` }
}
