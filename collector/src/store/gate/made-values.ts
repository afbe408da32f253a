/**
 * Long values that a statement makes itself, given to functions whose cost grows faster than a value is long. Dashboards call these functions
 * with what is stored, which is bounded, so they are refused only beside such a value. A count that is computed or has an alias is seen; one
 * that comes from a column is not: what that costs is ended with the engine's process.
 */
import type { AstNode } from './ast.ts'

type Maker = Readonly<Record<string, number>>

/** Functions that make a text or a list of any length, in lower case, and which argument says how long it gets; -1: any may. */
const TEXT_MAKERS: Maker = { repeat: 1, space: 0, leftpad: 1, lpad: 1, leftpadutf8: 1, rightpad: 1, rpad: 1, rightpadutf8: 1 }
const LIST_MAKERS: Maker = { range: -1, arraywithconstant: 0, arrayresize: 1 }
/** Functions that make one text of a list. */
const JOINS = new Set(['arraystringconcat', 'tostring', 'tojsonstring', 'format', 'concat', 'cast'])

/** Measured by scripts/measure-functions.ts; in lower case. Each with the makers of the values that it is steep for. */
const STEEP: Readonly<Record<string, Maker>> = {
  hasall: LIST_MAKERS,
  ...ofTexts('ilike notilike replaceregexpone replaceregexpall regexp_replace'),
  ...ofTexts('json_exists json_query json_value extracttextfromhtml'),
  // A long text searched for another long one.
  ...ofTexts('position positionutf8 positioncaseinsensitive positioncaseinsensitiveutf8 locate'),
  ...ofTexts('countsubstrings countsubstringscaseinsensitive replace replaceall replaceone splitbystring'),
}

function ofTexts(names: string): Readonly<Record<string, Maker>> {
  return Object.fromEntries(names.split(' ').map((name) => [name, TEXT_MAKERS]))
}

export const MAX_MADE_LENGTH = 10_000

export interface SteepCall {
  /** The function whose cost grows faster than a value. */
  readonly name: string
  /** The function that makes the long value. */
  readonly maker: string
}

/** What is looked up for many nodes is made once: a statement may have thousands of them. */
interface Statement {
  readonly nodes: readonly AstNode[]
  /** Of each node the one above it; -1 at the top. */
  readonly parents: readonly number[]
  /** Where each alias is given first. */
  readonly aliases: ReadonlyMap<string, number>
  readonly hasJoin: boolean
}

/** A function of the statement that is steep for a value longer than {@link MAX_MADE_LENGTH} that the statement makes with a constant count. */
export function steepCallIn(nodes: readonly AstNode[]): SteepCall | undefined {
  const found = new Map<Maker, AstNode | undefined>()
  let statement: Statement | undefined
  for (const { kind, name } of nodes) {
    const makers = kind === 'Function' ? own(STEEP, name) : undefined
    if (!makers) continue
    const known = (statement ??= statementOf(nodes))
    if (!found.has(makers))
      found.set(
        makers,
        nodes.find((_node, at) => makesLong(known, at, makers)),
      )
    const maker = found.get(makers)
    if (maker) return { name, maker: maker.name }
  }
  return undefined
}

function statementOf(nodes: readonly AstNode[]): Statement {
  const aliases = new Map<string, number>()
  const parents: number[] = []
  const path: number[] = []
  for (const [at, { alias, depth }] of nodes.entries()) {
    if (!aliases.has(alias)) aliases.set(alias, at)
    while (path.length > 0 && nodes[path.at(-1)!]!.depth >= depth) path.pop()
    parents.push(path.at(-1) ?? -1)
    path.push(at)
  }
  return { nodes, parents, aliases, hasJoin: nodes.some((node) => isCallOf(node, (name) => name === 'arraystringconcat')) }
}

const isCallOf = ({ kind, name }: AstNode, isMeant: (lowerName: string) => boolean): boolean =>
  kind === 'Function' && isMeant(name.toLowerCase())

function makesLong(statement: Statement, at: number, makers: Maker): boolean {
  const { kind, name } = statement.nodes[at] as AstNode
  if (kind !== 'Function') return false
  const argument = own(makers, name) ?? (makers === TEXT_MAKERS && isJoined(statement, at) ? own(LIST_MAKERS, name) : undefined)
  return argument !== undefined && lengthMade(statement, at, argument) > MAX_MADE_LENGTH
}

/** Whether the list becomes one text: by a function around it, or, since it may have an alias, by `arrayStringConcat` anywhere. */
function isJoined({ nodes, parents, hasJoin }: Statement, at: number): boolean {
  for (let above = parents[at]!; above >= 0; above = parents[above]!) if (isCallOf(nodes[above]!, (name) => JOINS.has(name))) return true
  return hasJoin
}

function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  const lower = name.toLowerCase()
  return Object.hasOwn(record, lower) ? record[lower] : undefined
}

/** At most how long the value gets if its count is the same for every row; 0 where a column decides. */
function lengthMade(statement: Statement, at: number, argument: number): number {
  const numbers = constantsOf(statement, at, argument, new Set()) ?? []
  return argument < 0 ? Math.max(0, ...numbers) : numbers.reduce((product, number) => product * Math.max(1, number), 1)
}

/** The numbers in an argument, or in all (-1), also behind aliases; undefined if there is a column. */
function constantsOf(statement: Statement, at: number, argument: number, followed: Set<string>): number[] | undefined {
  const { nodes, aliases } = statement
  const { kind, name, depth } = nodes[at] as AstNode
  if (kind === 'Literal') return [numberOf(name)]
  let index = -1
  const numbers: number[] = []
  for (let i = at + 1; (nodes[i]?.depth ?? 0) > depth; i++) {
    const node = nodes[i] as AstNode
    if (node.depth === depth + 2) index++
    if (argument >= 0 && index !== argument) continue
    if (node.kind === 'Literal') numbers.push(numberOf(node.name))
    if (node.kind !== 'Identifier' || followed.has(node.name)) continue
    followed.add(node.name)
    const named = aliases.get(node.name)
    const behind = named === undefined ? undefined : constantsOf(statement, named, -1, followed)
    if (!behind) return undefined
    numbers.push(...behind)
  }
  return numbers
}

/** `UInt64_60000` as the syntax tree shows a number; 0 for anything else. */
const numberOf = (literal: string): number => Number(/^(?:U?Int\d+|Float64)_(.+)$/.exec(literal)?.[1] ?? 0) || 0
