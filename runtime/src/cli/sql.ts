/** `spyglass sql`: a statement on a datasource, or on its members, as an operator asks it. */
import { formatName, matcherOf } from '@spyglass/process/settings'
import { textOf } from '../dotted-name/index.ts'
import { fail } from '../errors.ts'
import type { DottedResource } from '../management/attributes.ts'
import { invokeOperation } from './change.ts'
import { type Invocation, textOption, type Values } from './parse.ts'
import type { Session } from './session.ts'

interface Answer {
  readonly member: string
  readonly rows: readonly string[]
  readonly changes: number
  readonly isCut: boolean
  readonly error: string
}

/** In the first instance that has the datasource. @throws SPY_NAME_UNKNOWN */
export async function sql({ values, words: [name = '', statement = ''] }: Invocation, session: Session): Promise<void> {
  const resource = await resourceOf(session, values, name)
  const member = textOption(values, 'member')
  const answers = (await invokeOperation(session, values, {
    name: `${resource}.${values['write'] === true ? 'execute' : 'sql'}`,
    arguments: { statement, ...(member === undefined ? {} : { member }), ...(values['all'] === true ? { all: true } : {}) },
  })) as readonly Answer[]
  session.print(values['json'] ? [JSON.stringify(answers)] : answers.flatMap((answer) => answerLines(answer, answers.length > 1)))
}

async function resourceOf(session: Session, values: Values, name: string): Promise<string> {
  const client = await session.connect(values)
  const target = textOption(values, 'target')
  const pattern = `datasource.${target === undefined ? '*' : formatName([target])}.${formatName([name])}`
  const resources = (await client.call('read', { patterns: [pattern] })) as readonly DottedResource[]
  const found = resources.map((one) => one.name).find(matcherOf(pattern))
  if (found === undefined) throw fail('SPY_NAME_UNKNOWN', [pattern])
  return found
}

/** Rows as columns, below the name of the member where there are several. */
export function answerLines({ member, rows, changes, isCut, error }: Answer, isNamed: boolean): readonly string[] {
  const heading = isNamed ? [`${member}:`] : []
  if (error !== '') return [...heading, `error: ${error}`]
  if (rows.length === 0) return [...heading, changes > 0 ? `${changes} rows changed` : 'no rows']
  return [
    ...heading,
    ...columns(rows.map((row) => JSON.parse(row) as Readonly<Record<string, unknown>>)),
    ...(isCut ? ['… and perhaps more'] : []),
  ]
}

function columns(rows: readonly Readonly<Record<string, unknown>>[]): readonly string[] {
  const names = Object.keys(rows[0] ?? {})
  const cells = [names, ...rows.map((row) => names.map((name) => (row[name] === null ? '' : textOf(row[name]))))]
  const widths = names.map((_, at) => Math.max(...cells.map((row) => row[at]?.length ?? 0)))
  return cells.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
