/** Reads the text of `EXPLAIN AST`: one node a line, children indented by one space. */

export interface AstNode {
  readonly kind: string
  /** The text after the kind; for functions and tables the name. */
  readonly name: string
  readonly depth: number
  /** Kind of the node above; empty at the top. */
  readonly parent: string
}

/**
 * The nodes in order. A name with a line break in it shows as further lines: those are evaluated as nodes too, so such a name can only bring
 * a refusal, never hide a node.
 */
export function parseAst(text: string): AstNode[] {
  const path: string[] = []
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
      const parent = path.findLast((each) => each !== undefined) ?? ''
      path[depth] = kind
      return { kind, name: nameOf(rest), depth, parent }
    })
}

/** Takes the notes ` (alias x)` and ` (children 2)` off the end; a name with such a text in it is unknown to the engine anyway. */
function nameOf(rest: string): string {
  return rest.replace(/(^| )\(alias .*$/s, '').replace(/(^| )\(children \d+\)$/, '')
}
