/** A question to the resolver of names: one that a call waits for is inside that call. */
import { attr, metric } from '../../contract/telemetry.ts'
import { SPAN_KIND } from '../../otlp/records.ts'
import type { ChildKind } from '../child.ts'
import { childErrorType, codeAttributes, locationOf, statusField } from '../span-parts.ts'
import { callSitesOf } from './http-call.ts'

export interface DnsLookup {
  /** The name, or for `reverse` the address. */
  readonly question: string
}

export const dnsLookup: ChildKind<DnsLookup> = {
  name: 'dns.lookup',
  count({ detail: { question } }, { aggregates, seconds, errorType }) {
    aggregates.count(metric.dnsDuration, [question, '', errorType], seconds, () => ({
      [attr.dnsQuestion]: question,
      [attr.errorType]: errorType || undefined,
    }))
  },
  cause: (child) => ({ cause: 'call', peer: `DNS ${child.detail.question}`, location: locationOf(child.parent ?? child) }),
  memory: ({ question }) => callSitesOf(question),
  isWait: () => true,
  span(child) {
    return {
      name: `DNS ${child.detail.question}`,
      kind: SPAN_KIND.client,
      attributes: { [attr.dnsQuestion]: child.detail.question, [attr.errorType]: childErrorType(child), ...codeAttributes(child) },
      ...statusField(undefined, child.error !== undefined, child.error),
    }
  },
}
