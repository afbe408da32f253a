/**
 * `EXPLAIN … SELECT …`: what it explains is judged like the statement alone, since the engine evaluates constant expressions of it. The options
 * before SELECT set nothing: the engine takes only those of EXPLAIN itself.
 */
import type { AstNode } from './ast.ts'

const KINDS = new Set(['EXPLAIN', 'EXPLAIN AST', 'EXPLAIN SYNTAX', 'EXPLAIN QUERY TREE', 'EXPLAIN PIPELINE', 'EXPLAIN ESTIMATE'])

/** The nodes of the explained statement, as they would be without EXPLAIN; undefined if it is no such statement. */
export function explainedNodes(nodes: readonly AstNode[]): AstNode[] | undefined {
  const [head, ...below] = nodes
  if (head?.kind !== 'Explain' || !KINDS.has(head.name)) return undefined
  const start = below[0]?.kind === 'Set' ? 1 : 0
  if (below[start]?.kind !== 'SelectWithUnionQuery' || below[start].depth !== 1) return undefined
  return below.slice(start).map((node) => ({ ...node, depth: node.depth - 1 }))
}
