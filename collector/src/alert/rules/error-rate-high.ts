/** More than 5 % of requests fail, over five minutes and at least a hundred requests. */
import { objectNameOf } from '@spyglass/agent/contract'
import { numberOf, textOf, timeParameter } from '../../query/index.ts'
import type { RollupRule } from '../rollup-rule.ts'

const WINDOW_MS = 300_000
const MAX_RATIO = 0.05
/** With fewer requests, a single failed one would page at night. */
const MIN_REQUESTS = 100

export const errorRateHigh: RollupRule = {
  name: 'ErrorRateHigh',
  severity: 'warning',
  everyMs: 30_000,
  forMs: 60_000,
  async evaluate(query, now) {
    const parameters = { from: timeParameter(now - WINDOW_MS), to: timeParameter(now), service: '', limit: 200 }
    const rows = await query.rows('services', { parameters })
    return rows.flatMap((row) => {
      const [service, requests, errors] = [textOf(row['service']), numberOf(row['requests']), numberOf(row['errors'])]
      if (requests < MIN_REQUESTS || errors / requests <= MAX_RATIO) return []
      const percent = Math.round((errors / requests) * 1000) / 10
      return [
        {
          resource: resourceOf(service),
          summary: `${percent} % of the requests of ${service} failed: ${errors} of ${requests} in five minutes`,
          attributes: { service, requests, errors },
        },
      ]
    })
  },
}

/** A service is not a managed resource; its name has the form of one so that all alerts are addressed the same way. */
function resourceOf(name: string): string {
  return objectNameOf({ name: 'service', domain: 'spyglass', type: 'Service', keys: ['name'], description: '', attributes: {} }, { name })
}
