/** The mutants of a source: small changes that a test should notice. Positions are those of the text. */
import { parseAst } from 'rolldown/parseAst'

export interface Mutant {
  readonly start: number
  readonly end: number
  readonly replacement: string
  readonly line: number
}

interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [key: string]: unknown
}

/** The other operators that stand for one: each pair differs for at least one input that a test should have. */
const OPERATORS: Readonly<Record<string, readonly string[]>> = {
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '===': ['!=='],
  '!==': ['==='],
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '%': ['*'],
  '&': ['|'],
  '|': ['&'],
  '<<': ['>>'],
  '>>': ['<<'],
  '>>>': ['<<'],
  '&&': ['||'],
  '||': ['&&'],
  '??': ['&&'],
}

export function mutantsOf(text: string): Mutant[] {
  const found: Mutant[] = []
  const lines = lineStarts(text)
  const add = (start: number, end: number, replacement: string): void => {
    found.push({ start, end, replacement, line: lines.findLastIndex((at) => at <= start) + 1 })
  }
  walk(parseAst(text, { lang: 'ts' }) as unknown as Node, (node) => mutate(node, text, add))
  return found.sort((a, b) => a.start - b.start)
}

type Add = (start: number, end: number, replacement: string) => void

function mutate(node: Node, text: string, add: Add): void {
  const { type, start, end } = node
  if (type === 'BinaryExpression' || type === 'LogicalExpression') mutateOperator(node, text, add)
  if (type === 'IfStatement' || type === 'ConditionalExpression' || type === 'WhileStatement') mutateTest(node, add)
  if (type === 'UnaryExpression' && node['operator'] === '!') add(start, start + 1, '')
  if (type === 'Literal') mutateLiteral(node, add)
  if (type === 'ExpressionStatement' && (node['expression'] as Node).type === 'CallExpression') add(start, end, ';')
  if (type === 'UpdateExpression')
    add(
      start,
      end,
      text.slice(start, end).replace(/\+\+|--/, (sign) => (sign === '++' ? '--' : '++')),
    )
}

function mutateOperator(node: Node, text: string, add: Add): void {
  const [left, right] = [node['left'] as Node, node['right'] as Node]
  const between = text.slice(left.end, right.start)
  const operator = String(node['operator'])
  const at = left.end + between.indexOf(operator)
  for (const other of OPERATORS[operator] ?? []) add(at, at + operator.length, other)
}

function mutateTest(node: Node, add: Add): void {
  const test = node['test'] as Node
  add(test.start, test.end, 'false')
  if (node.type !== 'WhileStatement') add(test.start, test.end, 'true')
}

function mutateLiteral({ start, end, value }: Node, add: Add): void {
  if (typeof value === 'number') add(start, end, String(value + 1))
  if (typeof value === 'boolean') add(start, end, String(!value))
}

/** Types, and texts of messages, change nothing at run time that a test should see. */
const SKIPPED = /^(TS|ImportDeclaration|ExportAllDeclaration)/
const EXPRESSIONS_IN_TYPES = /^TS(AsExpression|NonNullExpression|SatisfiesExpression)$/

function walk(node: Node, visit: (node: Node) => void): void {
  if (SKIPPED.test(node.type) && !EXPRESSIONS_IN_TYPES.test(node.type)) return
  visit(node)
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) walk(child, visit)
  }
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && typeof (value as Node).type === 'string'

function lineStarts(text: string): number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

/** `before → after`, on one line: how a mutant is printed and how targets.ts names it. */
export function changeOf(text: string, { start, end, replacement }: Mutant): string {
  return `${text.slice(start, end).replaceAll(/\s+/g, ' ').slice(0, 60)} → ${replacement || '(nothing)'}`
}
