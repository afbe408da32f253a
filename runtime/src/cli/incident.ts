/** `spyglass incidents` and `spyglass incident ID`: what the collector knows of incidents. */
import { askCollector, collectorOf } from './collector-client.ts'
import type { Invocation } from './parse.ts'
import type { Session } from './session.ts'

/** One page of the inbox, as `GET /api/v1/alerts` has it. */
export interface ListedIncident {
  readonly id: string
  readonly rule: string
  readonly state: 'pending' | 'firing' | 'resolved'
  readonly summary: string
  /** Milliseconds since the epoch. */
  readonly since: number
  readonly acknowledged?: { readonly by: string }
}

/** Open ones first, then those that have ended; the newest first. @throws SPY_COLLECTOR_… */
export async function incidents({ values }: Invocation, session: Session): Promise<void> {
  const answer = await askCollector(await collectorOf(values), 'alerts')
  const { incidents: all } = (await answer.json()) as { readonly incidents: readonly ListedIncident[] }
  const sorted = all.toSorted((a, b) => Number(a.state === 'resolved') - Number(b.state === 'resolved') || b.since - a.since)
  session.print(values['json'] ? [JSON.stringify(sorted)] : incidentLines(sorted))
}

/** One HTML document, or with `--json` what it is made from. @throws SPY_COLLECTOR_… */
export async function incident({ values, words: [id = ''] }: Invocation, session: Session): Promise<void> {
  const path = `incidents/${encodeURIComponent(id)}`
  const answer = await askCollector(await collectorOf(values), values['json'] ? path : `${path}/file`)
  session.print([(await answer.text()).trimEnd()])
}

export function incidentLines(all: readonly ListedIncident[]): readonly string[] {
  if (all.length === 0) return ['No incident: no alert rule is pending or firing, and none has resolved recently.']
  const width = Math.max(...all.map(({ rule }) => rule.length))
  return all.map(({ id, rule, state, summary, since, acknowledged }) => {
    const who = acknowledged ? `  (${acknowledged.by} takes care of it)` : ''
    return `${id}  ${state.padEnd(8)}  ${new Date(since).toISOString()}  ${rule.padEnd(width)}  ${summary.replaceAll(/\s+/g, ' ')}${who}`
  })
}
