/** Carries an act out, or tries it, and says what came of it. */
import { ApiError, ask, type Request } from '../api.ts'
import { type Child, fill, h } from '../dom.ts'

interface Change {
  readonly name: string
  readonly before?: unknown
  readonly after?: unknown
}

/** Of a change of settings, or of an operation. */
export interface Outcome {
  readonly change?: number
  readonly changed?: readonly Change[]
  readonly needs?: Readonly<Record<'reload' | 'start' | 'stop' | 'restart', readonly string[]>>
  readonly result?: unknown
}

/** A deployment copies, starts and drains. */
const PATIENCE_MS = 600_000

/** Shows in `place` what it does while it waits, and what came of it. Resolves with the outcome; undefined when it was refused. */
export async function act(place: HTMLElement, path: string, request: Request): Promise<Outcome | undefined> {
  const isDry = request.parameters?.['dryRun'] !== undefined
  fill(place, h('p', { class: 'faint', role: 'status' }, 'Working …'))
  try {
    const { body } = await ask(path, { patienceMs: PATIENCE_MS, ...request })
    const outcome = body as Outcome
    fill(place, shown(outcome, isDry))
    return outcome
  } catch (error) {
    const code = error instanceof ApiError ? error.code : 'Error'
    fill(
      place,
      h('div', { class: 'problem', role: 'alert' }, h('strong', {}, code), ' ', error instanceof Error ? error.message : String(error)),
    )
    return undefined
  }
}

function shown(outcome: Outcome, isDry: boolean): Child {
  if (!outcome.changed) return h('pre', { class: 'outcome', role: 'status' }, resultText(outcome.result, isDry))
  const lines = outcome.changed.map(({ name, before, after }) =>
    h('li', {}, h('code', {}, name), ': ', valueText(before), ' → ', valueText(after)),
  )
  return h('div', { class: 'outcome', role: 'status' }, h('p', {}, headline(outcome, isDry)), lines.length > 0 && h('ul', {}, lines))
}

function headline({ change, changed = [], needs }: Outcome, isDry: boolean): string {
  if (changed.length === 0 && change === undefined) return 'Nothing would change.'
  const { reload = [], start = [], stop = [], restart = [] } = needs ?? {}
  const effects = [
    ['Reloads', reload],
    ['Starts', start],
    ['Stops', stop],
    ['In force after a restart of', restart],
  ] as const
  const done = effects.flatMap(([what, names]) => (names.length === 0 ? [] : [` ${what} ${names.join(', ')}.`])).join('')
  return `${isDry ? 'This would change:' : `Change ${change ?? ''}.`}${done}`
}

export const valueText = (value: unknown): string =>
  value === undefined ? '(not set)' : typeof value === 'string' ? value : JSON.stringify(value)

function resultText(result: unknown, isDry: boolean): string {
  if (isDry) return 'Its arguments are accepted.'
  if (result === undefined || result === null) return 'Done.'
  return Array.isArray(result) ? result.map(String).join('\n') || '(none)' : valueText(result)
}
