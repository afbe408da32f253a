/** `spyglass history` and `spyglass diff`. */
import type { Difference, HistoryEntry, SettingChange } from '../administration/index.ts'
import { textOf } from '../dotted-name/index.ts'
import { fail } from '../errors.ts'
import { valueText } from './change.ts'
import { exitCodes } from './exit-codes.ts'
import { type Invocation, textOption } from './parse.ts'
import type { Session } from './session.ts'

const DEFAULT_LIMIT = '50'

export async function history({ values, words: [pattern] }: Invocation, session: Session): Promise<void> {
  const limit = textOption(values, 'limit') ?? DEFAULT_LIMIT
  if (!/^[1-9]\d{0,5}$/.test(limit)) throw fail('SPY_ARGUMENT_UNKNOWN', [`--limit ${limit} is not a number from 1 to 999999`])
  const params = { limit: Number(limit), ...(pattern === undefined ? {} : { pattern }) }
  const entries = (await (await session.connect(values)).call('history', params)) as readonly HistoryEntry[]
  session.print(values['json'] ? [JSON.stringify(entries)] : entries.flatMap(entryLines))
}

/** Resolves with the exit code. */
export async function diff({ values }: Invocation, session: Session): Promise<number> {
  const found = (await (await session.connect(values)).call('diff')) as readonly Difference[]
  session.print(values['json'] ? [JSON.stringify(found)] : found.map(differenceLine))
  return values['check'] === true && found.length > 0 ? exitCodes.differs.code : exitCodes.done.code
}

export function entryLines(entry: HistoryEntry): readonly string[] {
  const { change, time, actor, verb, names, changed, reason, until, undoes, arguments: given, result, failed } = entry
  const notes = [
    ...(undoes === undefined ? [] : [`takes back ${undoes}`]),
    ...(until === undefined ? [] : [`until ${new Date(until).toISOString()}`]),
    ...(reason === undefined ? [] : [`because ${reason}`]),
    ...(failed === true ? [`failed: ${result ?? 'unknown'}`] : result === undefined ? [] : [result]),
  ]
  const what = [verb, ...names, ...Object.entries(given ?? {}).map(([name, value]) => `${name}=${textOf(value)}`)].join(' ')
  const head = `${change}  ${new Date(time).toISOString()}  ${actor}  ${what}${notes.length === 0 ? '' : `  (${notes.join('; ')})`}`
  return [head, ...changed.map(changedLine)]
}

const changedLine = ({ name, before, after }: SettingChange): string => `    ${name}: ${valueText(before)} -> ${valueText(after)}`

const REASONS = { file: 'the file changed', change: 'changed by a command', pending: 'not in force yet' } as const

export function differenceLine({ name, file, started, desired, because, change }: Difference): string {
  const why = because.map((reason) => (reason === 'change' && change !== undefined ? `change ${change}` : REASONS[reason]))
  return `${name}: file ${valueText(file)}, at the start ${valueText(started)}, now ${valueText(desired)}  (${why.join(', ')})`
}
