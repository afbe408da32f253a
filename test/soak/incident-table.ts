/** What each receiver knows of the incidents of a run. `npm run soak -- incidents` prints it. */

/** What one receiver has heard. */
export class Heard {
  readonly #raised = new Map<string, number>()
  readonly #cleared = new Map<string, number>()
  /** Whether the last that it heard of each incident is its end. */
  readonly #isOver = new Map<string, boolean>()

  note(id: string, phase: string): void {
    if (phase !== 'raise' && phase !== 'clear') return
    const counts = phase === 'raise' ? this.#raised : this.#cleared
    counts.set(id, (counts.get(id) ?? 0) + 1)
    if (counts.get(id) === 1) this.#isOver.set(id, phase === 'clear') // what is heard again is known by id and phase
  }

  get ids(): ReadonlySet<string> {
    return new Set([...this.#raised.keys(), ...this.#cleared.keys()])
  }

  raises(id: string): number {
    return this.#raised.get(id) ?? 0
  }

  clears(id: string): number {
    return this.#cleared.get(id) ?? 0
  }

  isOver(id: string): boolean {
    return this.#isOver.get(id) ?? false
  }
}

export interface ReceiverRow {
  readonly receiver: string
  readonly raises: number
  readonly clears: number
  /** Raises and clears that it should have and has not. */
  readonly missing: number
  /** Incidents that it believes to be open; all are over. */
  readonly open: number
  /** Raises and clears that it heard again. */
  readonly repeats: number
}

/** `known`: ids of all incidents that there were. */
export function rowOf(receiver: string, heard: Heard, known: ReadonlySet<string>): ReceiverRow {
  const ids = [...known]
  const count = (of: (id: string) => number): number => ids.filter((id) => of(id) > 0).length
  const [raises, clears] = [count((id) => heard.raises(id)), count((id) => heard.clears(id))]
  const told = ids.reduce((sum, id) => sum + heard.raises(id) + heard.clears(id), 0)
  return {
    receiver,
    raises,
    clears,
    missing: 2 * ids.length - raises - clears,
    open: ids.filter((id) => !heard.isOver(id)).length,
    repeats: told - raises - clears,
  }
}

const HEADINGS = ['receiver', 'raises', 'clears', 'missing', 'open at the end', 'repeats'] as const

/** A Markdown table. */
export function incidentTable(rows: readonly ReceiverRow[]): string {
  const cells = rows.map(({ receiver, ...figures }) => [receiver, ...Object.values(figures).map(String)])
  return [HEADINGS, HEADINGS.map((_, i) => (i === 0 ? '---' : '--:')), ...cells].map((row) => `| ${row.join(' | ')} |`).join('\n')
}
