import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAst } from 'rolldown/parseAst'

interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [key: string]: unknown
}

/**
 * Has every function in the compiled files of `folder` ask `globalThis.__fault?.(ID)` first, where ID is `file:function:number`. In a
 * function that begins with a try it asks inside of it: what a guard stands around is what may fail.
 */
export function injectFaults(folder: string): string[] {
  const ids: string[] = []
  for (const file of globSync('**/*.js', { cwd: folder })
    .filter((path) => !path.startsWith('preload'))
    .toSorted()) {
    const path = join(folder, file)
    const code = readFileSync(path, 'utf8')
    const edits: { readonly at: number; readonly text: string }[] = []
    visit(parseAst(code) as unknown as Node, '', (node, name) => {
      const id = `${file}:${name}:${ids.length}`
      const call = `globalThis.__fault?.(${JSON.stringify(id)})`
      const body = node['body'] as Node
      if (body.type !== 'BlockStatement') edits.push({ at: body.start, text: `(${call},` }, { at: body.end, text: ')' })
      else {
        const [first] = body['body'] as Node[]
        const at = first?.type === 'TryStatement' ? (first['block'] as Node).start + 1 : body.start + 1
        edits.push({ at, text: `${call};` })
      }
      ids.push(id)
    })
    writeFileSync(path, edited(code, edits))
  }
  return ids
}

function edited(code: string, edits: readonly { readonly at: number; readonly text: string }[]): string {
  let result = code
  for (const { at, text } of edits.toSorted((a, b) => b.at - a.at)) result = result.slice(0, at) + text + result.slice(at)
  return result
}

const FUNCTIONS = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'])

function visit(node: Node, name: string, found: (node: Node, name: string) => void): void {
  const own = nameOf(node) ?? name
  if (FUNCTIONS.has(node.type)) found(node, own)
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) visit(child, own, found)
  }
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'type' in value

function nameOf(node: Node): string | undefined {
  const named = (node['id'] ?? node['key']) as { name?: unknown } | null | undefined
  return typeof named?.name === 'string' ? named.name : undefined
}
