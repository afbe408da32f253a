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

/**
 * Roots in order of start. A span whose parent was not kept is a root; a cycle is cut at its earliest span. Spans may share an id,
 * as a client and the server that it called do in Zipkin's model: then the server is placed below its client.
 */
export function treeOf(spans: readonly Span[]): TreeNode[] {
  const nodes = spans.toSorted((a, b) => a.start - b.start).map((span): TreeNode => ({ span, children: [] }))
  const parentOf = parentsIn(nodes)
  const roots: TreeNode[] = []
  for (const node of nodes) (parentOf(node)?.children ?? roots).push(node)
  const reached = new Set<TreeNode>()
  for (const root of roots) reach(root, reached)
  for (const node of nodes) {
    if (reached.has(node)) continue
    const siblings = parentOf(node)?.children
    siblings?.splice(siblings.indexOf(node), 1)
    roots.push(node)
    reach(node, reached)
  }
  return roots
}

const CALLERS = new Set(['Client', 'Producer'])
const CALLEES = new Set(['Server', 'Consumer'])

/** Of several spans with the id of a parent, prefers the one in the child's own service, and the callee over its caller. */
function parentsIn(nodes: readonly TreeNode[]): (node: TreeNode) => TreeNode | undefined {
  const byId = new Map<string, TreeNode>()
  const callers = new Map<string, TreeNode>()
  for (const node of nodes) {
    const { spanId, service, kind } = node.span
    for (const key of [spanId, `${spanId}\n${service}`]) {
      const known = byId.get(key)
      if (!known || (CALLERS.has(known.span.kind) && CALLEES.has(kind))) byId.set(key, node)
    }
    if (CALLERS.has(kind) && !callers.has(spanId)) callers.set(spanId, node)
  }
  return (node) => {
    const { spanId, parentSpanId, service, kind } = node.span
    const caller = CALLEES.has(kind) && spanId !== '' ? callers.get(spanId) : undefined
    if (caller) return caller
    const parent = parentSpanId === '' ? undefined : (byId.get(`${parentSpanId}\n${service}`) ?? byId.get(parentSpanId))
    return parent === node ? undefined : parent
  }
}

function reach(root: TreeNode, reached: Set<TreeNode>): void {
  const stack = [root]
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (reached.has(node)) continue
    reached.add(node)
    for (const child of node.children) stack.push(child)
  }
}

/** The rows from top to bottom, without descendants of folded spans. */
export function flatten(roots: readonly TreeNode[], folded: ReadonlySet<Span>): TreeRow[] {
  const rows: TreeRow[] = []
  const stack = roots.toReversed().map((node) => ({ node, depth: 0 }))
  for (let top = stack.pop(); top; top = stack.pop()) {
    const { node, depth } = top
    rows.push({ span: node.span, depth, children: node.children })
    if (folded.has(node.span)) continue
    for (let i = node.children.length - 1; i >= 0; i--) {
      const child = node.children[i]
      if (child) stack.push({ node: child, depth: depth + 1 })
    }
  }
  return rows
}
