/** Spans as a tree, and the tree as the rows that are not folded away. Nothing here recurses: traces nest thousands deep. */
import type { Span } from './api-types.ts'

export interface TreeRow {
  readonly span: Span
  readonly depth: number
  readonly children: readonly TreeNode[]
}

export interface TreeNode {
  readonly span: Span
  readonly children: TreeNode[]
}

/** Roots in the order of their start. A span whose parent was not kept is a root; a circle is cut at its earliest span. */
export function treeOf(spans: readonly Span[]): TreeNode[] {
  const nodes = new Map(spans.toSorted((a, b) => a.start - b.start).map((span) => [span.spanId, { span, children: [] as TreeNode[] }]))
  const roots: TreeNode[] = []
  for (const node of nodes.values()) (nodes.get(node.span.parentSpanId)?.children ?? roots).push(node)
  const reached = new Set<TreeNode>()
  for (const root of roots) reach(root, reached)
  for (const node of nodes.values()) {
    if (reached.has(node)) continue
    const siblings = nodes.get(node.span.parentSpanId)?.children
    siblings?.splice(siblings.indexOf(node), 1)
    roots.push(node)
    reach(node, reached)
  }
  return roots
}

function reach(root: TreeNode, reached: Set<TreeNode>): void {
  const stack = [root]
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (reached.has(node)) continue
    reached.add(node)
    for (const child of node.children) stack.push(child)
  }
}

/** The rows from top to bottom, without what lies below folded spans. */
export function flatten(roots: readonly TreeNode[], folded: ReadonlySet<string>): TreeRow[] {
  const rows: TreeRow[] = []
  const stack = roots.toReversed().map((node) => ({ node, depth: 0 }))
  for (let top = stack.pop(); top; top = stack.pop()) {
    const { node, depth } = top
    rows.push({ span: node.span, depth, children: node.children })
    if (folded.has(node.span.spanId)) continue
    for (let i = node.children.length - 1; i >= 0; i--) {
      const child = node.children[i]
      if (child) stack.push({ node: child, depth: depth + 1 })
    }
  }
  return rows
}
