/**
 * Where a name stands for a function or a table. An identifier is a column or an alias, except in two places: a function that calls another one
 * may be given its name (`arrayMap(lower, names)`), and the right side of IN may be a table. Everywhere else a column, an alias, a table's alias
 * or the parameter of a lambda may have any name, also that of a function which readers may not call.
 */
import { tokensOf } from '../formatted.ts'
import type { AstNode, Call } from './ast.ts'
import type { FunctionRules } from './functions.ts'

/** Names that the engine may read as those of functions. A call with one argument has no function to call: that one is the list. */
export const namesOfFunctions = (nodes: readonly AstNode[], { takesFunction }: Pick<FunctionRules, 'takesFunction'>): Set<string> =>
  namesAt(nodes, ({ name, argument, count }) => argument === 0 && count > 1 && takesFunction(name))

const IN = /^(global)?(not)?(null)?in(ignoreset)?$/i

/** Names that the engine may read as those of tables, besides those after FROM and JOIN. */
export const namesOfTables = (nodes: readonly AstNode[]): Set<string> =>
  namesAt(nodes, ({ name, argument }) => argument > 0 && IN.test(name))

/** The identifiers at these places, and those behind them if they are aliases, wherever in the statement these are given. */
function namesAt(nodes: readonly AstNode[], isPlace: (call: Call) => boolean): Set<string> {
  const identifiers = nodes.filter(({ kind }) => kind === 'Identifier')
  const behind = Map.groupBy(identifiers, ({ alias }) => alias)
  const names = new Set(identifiers.filter(({ call }) => call && isPlace(call)).map(({ name }) => name))
  for (const name of names) for (const next of behind.get(name) ?? []) names.add(next.name) // the set grows while it is walked
  return names
}

/** Whether a name in the formatted statement looks like a part of the syntax tree's text, in which it would move what follows it. */
export const hasOddName = (formatted: string): boolean =>
  tokensOf(formatted).some(({ text }) => /^[`"]/.test(text) && /\\n|\n|\((alias|children) /.test(text))
