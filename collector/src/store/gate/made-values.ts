/**
 * Long values that a statement makes itself, given to functions whose cost grows faster than a value is long. Dashboards call these functions
 * with what is stored, which is bounded, so they are refused only beside such a value. The count may hide in a column: what that costs is
 * ended with the engine's process.
 */
import type { AstNode } from './ast.ts'

type Maker = Readonly<Record<string, number>>

/** Functions that make a text or a list of any length, in lower case, and which argument says how long it gets; -1: any may. */
const TEXT_MAKERS: Maker = { repeat: 1, space: 0, leftpad: 1, lpad: 1, leftpadutf8: 1, rightpad: 1, rpad: 1, rightpadutf8: 1 }
const LIST_MAKERS: Maker = { range: -1, arraywithconstant: 0, arrayresize: 1 }

/** Measured by scripts/measure-functions.ts; in lower case. Each with the makers of the values that it is steep for. */
const STEEP: Readonly<Record<string, Maker>> = {
  ilike: TEXT_MAKERS,
  notilike: TEXT_MAKERS,
  positioncaseinsensitiveutf8: TEXT_MAKERS,
  replaceregexpone: TEXT_MAKERS,
  replaceregexpall: TEXT_MAKERS,
  regexp_replace: TEXT_MAKERS,
  hasall: LIST_MAKERS,
}
export const MAX_MADE_LENGTH = 10_000

export interface SteepCall {
  /** The function whose cost grows faster than a value. */
  readonly name: string
  /** The function that makes the long value. */
  readonly maker: string
}

/** A function of the statement that is steep for a value longer than {@link MAX_MADE_LENGTH} that the statement makes with a constant count. */
export function steepCallIn(nodes: readonly AstNode[]): SteepCall | undefined {
  for (const { kind, name } of nodes) {
    const makers = kind === 'Function' ? own(STEEP, name) : undefined
    const maker = makers && nodes.find((_node, at) => makesLong(nodes, at, makers))
    if (maker) return { name, maker: maker.name }
  }
  return undefined
}

function makesLong(nodes: readonly AstNode[], at: number, makers: Maker): boolean {
  const { kind, name } = nodes[at] as AstNode
  const argument = kind === 'Function' ? own(makers, name) : undefined
  return argument !== undefined && largestConstant(nodes, at, argument) > MAX_MADE_LENGTH
}

function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  const lower = name.toLowerCase()
  return Object.hasOwn(record, lower) ? record[lower] : undefined
}

/** The largest number in an argument that is the same for every row; 0 where a column decides. -1 means any of the arguments. */
function largestConstant(nodes: readonly AstNode[], at: number, argument: number): number {
  const { depth } = nodes[at] as AstNode
  let index = -1
  let largest = 0
  for (let i = at + 1; (nodes[i]?.depth ?? 0) > depth; i++) {
    const node = nodes[i] as AstNode
    if (node.depth === depth + 2) index++
    if (argument >= 0 && index !== argument) continue
    if (node.kind === 'Identifier') return 0
    if (node.kind === 'Literal') largest = Math.max(largest, numberOf(node.name))
  }
  return largest
}

/** `UInt64_60000` as the syntax tree shows a number; 0 for anything else. */
const numberOf = (literal: string): number => Number(/^(?:U?Int\d+|Float64)_(.+)$/.exec(literal)?.[1] ?? 0) || 0
