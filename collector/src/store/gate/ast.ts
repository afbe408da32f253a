/** Reads the text of `EXPLAIN AST`: one node a line, children indented by one space. */

export interface AstNode {
  readonly kind: string
  /** The text after the kind; for functions and tables the name. */
  readonly name: string
  /** Another name that the statement gives it; empty if none. */
  readonly alias: string
  readonly depth: number
  /** Kind of the node above; empty at the top. */
  readonly parent: string
  /** The call whose argument it is. */
  readonly call: Call | undefined
}

export interface Call {
  /** The function. */
  readonly name: string
  /** Which of its arguments, from 0. */
  readonly argument: number
  /** How many it has. */
  readonly count: number
}

/** A node on the way down to the present one. */
interface Ancestor {
  readonly kind: string
  readonly name: string
  /** How many nodes are below it. */
  readonly count: number
  /** How many of them came so far. */
  seen: number
}

/**
 * The nodes in order. A name with a line break in it shows as further lines: those are evaluated as nodes too, so such a name can only bring
 * a refusal, never hide a node.
 */
export function parseAst(text: string): AstNode[] {
  const path: Ancestor[] = []
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const content = line.trimStart()
      const depth = line.length - content.length
      const space = content.indexOf(' ')
      const kind = space < 0 ? content : content.slice(0, space)
      const rest = space < 0 ? '' : content.slice(space + 1)
      path.length = Math.min(path.length, depth)
      const parent = path.findLast((each) => each !== undefined)?.kind ?? ''
      const call = callOf(path, depth)
      const name = nameOf(rest)
      path[depth] = { kind, name, count: Number(/\(children (\d+)\)$/.exec(rest)?.[1] ?? 0), seen: 0 }
      return { kind, name, alias: aliasOf(rest), depth, parent, call }
    })
}

/** The arguments of a function are in a list below it. */
function callOf(path: readonly Ancestor[], depth: number): Call | undefined {
  const list = path[depth - 1]
  const above = path[depth - 2]
  if (list?.kind !== 'ExpressionList' || above?.kind !== 'Function') return undefined
  return { name: above.name, argument: list.seen++, count: list.count }
}

const CHILDREN = /(?:^| )\(children \d+\)$/

/** Takes the notes ` (alias x)` and ` (children 2)` off the end; a name with such a text in it is unknown to the engine anyway. */
function nameOf(rest: string): string {
  return rest.replace(/(^| )\(alias .*$/s, '').replace(CHILDREN, '')
}

/** The text of the first note ` (alias x)`: to the bracket at the end, or to the one before the note ` (children 2)` there. */
function aliasOf(rest: string): string {
  const note = /(?:^| )\(alias /.exec(rest)
  if (!note) return ''
  const text = rest.slice(note.index + note[0].length).replace(/\) \(children \d+\)$/, ')')
  return text.endsWith(')') ? text.slice(0, -1) : ''
}
