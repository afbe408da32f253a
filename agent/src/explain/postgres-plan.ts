/** The plan of PostgreSQL in lines, from its JSON. Only what is known to be a name, a figure or a condition is taken; conditions are normalised. */
import { normaliseSql } from '../sql/normalise.ts'

type Node = Readonly<Record<string, unknown>>

const CONDITIONS = [
  'Index Cond',
  'Recheck Cond',
  'TID Cond',
  'Hash Cond',
  'Merge Cond',
  'Join Filter',
  'One-Time Filter',
  'Filter',
  'Sort Key',
  'Presorted Key',
  'Group Key',
  'Cache Key',
]
const MAX_DEPTH = 30

/** `Seq Scan on orders o  (cost=0.00..35.50 rows=10 width=4)`, and below it its conditions and children. */
export function postgresPlan(answer: unknown): string {
  const parsed: unknown = typeof answer === 'string' ? JSON.parse(answer) : answer
  const [{ Plan: root } = {}] = parsed as readonly { readonly Plan?: Node }[]
  return root ? linesOf(root, 0).join('\n') : ''
}

function linesOf(node: Node, depth: number): string[] {
  const indent = '  '.repeat(depth)
  const conditions = CONDITIONS.flatMap((name) => (name in node ? [`${indent}  ${name}: ${conditionOf(node[name])}`] : []))
  const children = depth < MAX_DEPTH && Array.isArray(node['Plans']) ? (node['Plans'] as readonly Node[]) : []
  return [`${indent}${headOf(node)}`, ...conditions, ...children.flatMap((child) => linesOf(child, depth + 1))]
}

function headOf(node: Node): string {
  const name = (key: string, before = ''): string => (typeof node[key] === 'string' ? `${before}${node[key]}` : '')
  const relation = name('Relation Name') || name('CTE Name') || name('Function Name')
  const alias = node['Alias'] === relation ? '' : name('Alias', relation && ' ')
  const kind = [name('Join Type') === 'Inner' ? '' : name('Join Type'), name('Node Type')].filter(Boolean).join(' ')
  return `${kind}${name('Index Name', ' using ')}${relation || alias ? ` on ${relation}${alias}` : ''}  ${costOf(node)}`
}

function costOf(node: Node): string {
  const figure = (key: string): number => Number(node[key] ?? 0)
  const costs = `${figure('Startup Cost').toFixed(2)}..${figure('Total Cost').toFixed(2)}`
  return `(cost=${costs} rows=${figure('Plan Rows')} width=${figure('Plan Width')})`
}

/** A text, or a list of them. */
function conditionOf(value: unknown): string {
  const texts = Array.isArray(value) ? value : [value]
  return texts.map((text) => normaliseSql(String(text), 'postgresql')).join(', ')
}
