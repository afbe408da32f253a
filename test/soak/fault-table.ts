/** The fault table: what each kind of fault cost. `npm run soak -- faults` prints it. */

export interface FaultRow {
  readonly fault: string
  /** Faults made. */
  readonly times: number
  readonly acknowledged: number
  /** Acknowledged and not there. */
  readonly lost: number
  /** There more than once. */
  readonly doubled: number
  /** Processes left behind after five seconds. */
  readonly orphans: number
  /** From the fault, or from the start after it, until everything is ready again: the slowest. Undefined where nothing had to come back. */
  readonly seconds?: number
  /** Where the figures need a word. */
  readonly note?: string
}

const HEADINGS = ['fault', 'times', 'acknowledged', 'lost', 'doubled', 'orphans', 'seconds to service'] as const

/** A Markdown table. */
export function tableText(rows: readonly FaultRow[]): string {
  const cells = rows.map(({ fault, times, acknowledged, lost, doubled, orphans, seconds, note }) => [
    note === undefined ? fault : `${fault} (${note})`,
    ...[times, acknowledged, lost, doubled, orphans].map((count) => count.toLocaleString('en')),
    seconds === undefined ? '–' : seconds.toFixed(1),
  ])
  return [HEADINGS, HEADINGS.map((_, i) => (i === 0 ? '---' : '--:')), ...cells].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

/** Whether the promises held: nothing lost beyond what was announced, nothing doubled, nobody left. */
export const isClean = ({ lost, doubled, orphans }: FaultRow): boolean => lost === 0 && doubled === 0 && orphans === 0
