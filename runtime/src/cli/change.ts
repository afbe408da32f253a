/** `spyglass set`, `create`, `delete`, `invoke` and `undo`: one change, and what it did. */
import type { ActOptions, Answers, ChangeResult, Needs, SettingChange } from '../administration/index.ts'
import { textOf } from '../dotted-name/index.ts'
import { fail } from '../errors.ts'
import { durationOption } from './duration.ts'
import { type Invocation, textOption, type Values } from './parse.ts'
import type { Session } from './session.ts'

/** A deployment copies, starts and drains. */
const OPERATION_MS = 600_000

type Run = (invocation: Invocation, session: Session) => Promise<void>

export const set: Run = async ({ words, ...invocation }, session) => {
  await change('set', { values: assignments(words) }, invocation, session)
}

export const create: Run = async ({ words: [name, ...values], ...invocation }, session) => {
  await change('create', { name, values: assignments(values) }, invocation, session)
}

export const remove: Run = async ({ words: [name], ...invocation }, session) => {
  await change('delete', { name }, invocation, session)
}

/** @throws SPY_ARGUMENT_UNKNOWN when the change is not a number */
export const undo: Run = async ({ words: [number], ...invocation }, session) => {
  if (number !== undefined && !/^\d{1,15}$/.test(number)) throw fail('SPY_ARGUMENT_UNKNOWN', [`${number} is not the number of a change`])
  await change('undo', number === undefined ? {} : { change: Number(number) }, invocation, session)
}

export const invoke: Run = async ({ words: [resource = '', ...rest], values }, session) => {
  const { name, given } = operationIn(resource, rest)
  const result = await invokeOperation(session, values, { name, arguments: assignments(given) })
  if (values['dry-run'] && !values['json']) session.print([`dry run: ${name} would be invoked`])
  else printResult(session, values, result)
}

/** The operation may be a word of its own. */
function operationIn(
  resource: string,
  [first = '', ...rest]: readonly string[],
): { readonly name: string; readonly given: readonly string[] } {
  if (/^[A-Za-z]\w*$/.test(first)) return { name: `${resource}.${first}`, given: rest }
  return { name: resource, given: first === '' ? [] : [first, ...rest] }
}

export interface OperationCall {
  /** `applications.shop.rollback` */
  readonly name: string
  readonly arguments?: Readonly<Record<string, unknown>>
}

/** Resolves with the result of the operation. */
export async function invokeOperation(session: Session, values: Values, { name, arguments: given = {} }: OperationCall): Promise<unknown> {
  const client = await session.connect(values)
  const answer = (await client.call('invoke', { name, arguments: given, options: optionsOf(values) }, { timeoutMs: OPERATION_MS })) as
    | Answers['invoke']
    | null
  return answer?.result ?? undefined
}

/** A list is a line for each of its items. */
export function printResult(session: Session, values: Values, result: unknown): void {
  if (values['json']) return session.print([JSON.stringify({ result: result ?? null })])
  if (result !== undefined) session.print(Array.isArray(result) ? result.map(textOf) : [textOf(result)])
}

/** Settings of an application, by a command with a word of its own for it. */
export async function setSettings(session: Session, values: Values, settings: Readonly<Record<string, unknown>>): Promise<void> {
  await change('set', { values: settings }, { values }, session)
}

async function change(
  verb: 'set' | 'create' | 'delete' | 'undo',
  params: Readonly<Record<string, unknown>>,
  { values }: Pick<Invocation, 'values'>,
  session: Session,
): Promise<void> {
  const options = optionsOf(values)
  const result = (await (await session.connect(values)).call(verb, { ...params, options })) as ChangeResult
  session.print(values['json'] ? [JSON.stringify(result)] : changeLines(result, options))
}

/** @throws SPY_ARGUMENT_UNKNOWN */
function optionsOf(values: Values, now = Date.now()): ActOptions {
  const [reason, time] = [textOption(values, 'reason'), textOption(values, 'for')]
  return {
    ...(reason === undefined ? {} : { reason }),
    ...(time === undefined ? {} : { until: now + durationOption(time, 'for') }),
    ...(values['dry-run'] === true ? { dryRun: true } : {}),
  }
}

/** `NAME=VALUE` words. @throws SPY_ARGUMENT_UNKNOWN for one without `=`, and for one that is there twice */
function assignments(words: readonly string[]): Readonly<Record<string, string>> {
  const pairs = words.map((word) => {
    const at = word.indexOf('=')
    if (at < 1) throw fail('SPY_ARGUMENT_UNKNOWN', [`${word} is not NAME=VALUE`])
    return [word.slice(0, at), word.slice(at + 1)] as const
  })
  const doubled = pairs.find(([name], i) => pairs.findIndex(([other]) => other === name) < i)
  if (doubled) throw fail('SPY_ARGUMENT_UNKNOWN', [`${doubled[0]} is there twice`])
  return Object.fromEntries(pairs)
}

/** What a change did, in lines. */
export function changeLines(result: ChangeResult, { dryRun = false, until }: ActOptions): readonly string[] {
  const { change: number, changed, needs, takesBack } = result
  const rows = [...(takesBack ? [takesBackText(takesBack)] : []), ...changed.map(rowOf)]
  if (dryRun)
    return [...(rows.length === 0 ? ['nothing would change'] : rows), ...(rows.length === 0 ? [] : [`dry run: ${needsText(needs)}`])]
  if (number === undefined) return ['nothing changed']
  const end = until === undefined ? '' : ` until ${new Date(until).toISOString()}`
  return [...rows, `change ${number}${end}: ${needsText(needs)}`]
}

/** An undo without a number is about the last change of any user: also a deployment, which is then rolled back. */
function takesBackText({ change: number, time, actor, verb, names, reason }: NonNullable<ChangeResult['takesBack']>): string {
  const because = reason === undefined ? '' : ` (${reason})`
  return `takes back change ${number} by ${actor} of ${new Date(time).toISOString()}: ${verb} ${names.join(', ')}${because}`
}

const rowOf = ({ name, before, after }: SettingChange): string => `${name}: ${valueText(before)} -> ${valueText(after)}`

export const valueText = (value: unknown): string => (value === undefined ? '(not set)' : textOf(value))

/** Instances are reloaded by the server itself, one after the other; nothing else is restarted without being asked. */
function needsText({ reload, start, stop, restart }: Needs): string {
  const parts = [
    ...(reload.length === 0 ? [] : [`reloads ${reload.join(', ')}`]),
    ...(start.length === 0 ? [] : [`starts ${start.join(', ')}`]),
    ...(stop.length === 0 ? [] : [`stops ${stop.join(', ')}`]),
    ...(restart.length === 0 ? [] : [`in force after a restart of ${restart.join(', ')}`]),
  ]
  return parts.length === 0 ? 'in force' : parts.join('; ')
}
