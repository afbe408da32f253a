/** Values as a neutral tree, for requests with a path or with limits: build, pick by path, write within limits. */
import type { OpenType } from '@spyglass/agent/contract'
import { type Form, type SimpleType, attributeBuilders, builderOf } from './open-values.ts'

/** A value of a simple type, with its JSON. */
export class Leaf {
  readonly json: string
  readonly type: SimpleType
  readonly value: unknown

  constructor(json: string, type: SimpleType, value: unknown) {
    this.json = json
    this.type = type
    this.value = value
  }
}

/** The rows of a table: a collection, which `maxCollectionSize` cuts. */
export class Rows extends Map<string, Tree> {}

/** Objects are Maps: a key named `__proto__` is a key like any other. */
export type Tree = null | Leaf | readonly Tree[] | ReadonlyMap<string, Tree>

/** Result of a path that matches nothing. */
export const MISSING = Symbol('missing')

const nodes: Form<Tree> = {
  unknown: null,
  leaf: (json, type, value) => new Leaf(json, type, value),
  array: (items) => items,
  object: (keys) => (values) => new Map(keys.map((key, at) => [key, values[at]!])),
  map: (keys, values) => new Rows(keys.map((key, at) => [key, values[at]!])),
}

/** Builds the tree of a value of this type; what does not fit the type becomes null. */
export function treeOf(value: unknown, type: OpenType): Tree {
  return builderOf(type, nodes)(value)
}

/** Builders of the trees of all attributes of a kind. */
export const treesOf = attributeBuilders(nodes)

/** Follows a path: keys of objects, indexes of arrays, `time` of a date; `*` stands for every entry, and entries without a match are omitted. */
export function pick(tree: Tree, path: readonly string[]): Tree | typeof MISSING {
  const [part, ...rest] = path
  if (part === undefined) return tree
  if (part === '*' && isContainer(tree)) return pickEach(tree, rest)
  const next = childOf(tree, part)
  return next === MISSING ? MISSING : pick(next, rest)
}

function isContainer(tree: Tree): tree is readonly Tree[] | ReadonlyMap<string, Tree> {
  return Array.isArray(tree) || tree instanceof Map
}

function pickEach(tree: readonly Tree[] | ReadonlyMap<string, Tree>, path: readonly string[]): Tree {
  if (tree instanceof Map) {
    const entries = [...(tree as ReadonlyMap<string, Tree>)].map(([key, value]) => [key, pick(value, path)] as const)
    const found = entries.filter((entry): entry is readonly [string, Tree] => entry[1] !== MISSING)
    return tree instanceof Rows ? new Rows(found) : new Map(found)
  }
  return (tree as readonly Tree[]).map((value) => pick(value, path)).filter((value) => value !== MISSING)
}

function childOf(tree: Tree, part: string): Tree | typeof MISSING {
  if (tree instanceof Leaf) return part === 'time' && tree.type === 'date' ? treeOf(tree.value, 'long') : MISSING
  if (tree instanceof Map) return (tree as ReadonlyMap<string, Tree>).get(part) ?? (tree.has(part) ? null : MISSING)
  if (Array.isArray(tree) && /^\d{1,9}$/.test(part)) return (tree as readonly Tree[])[Number(part)] ?? MISSING
  return MISSING
}

export interface Limits {
  /** Depth at which a value becomes a string; 0 is no limit. */
  readonly maxDepth: number
  /** Entries of an array or of a table that are written; 0 is all. */
  readonly maxCollectionSize: number
  /** Objects and arrays that are written; 0 is all. */
  readonly maxObjects: number
  /** Longs as strings, for clients that parse numbers as doubles. */
  readonly serializeLong: boolean
}

/** Writes a tree as JSON within the limits. */
export function writeTree(tree: Tree, limits: Limits): string {
  let objects = 0

  function write(node: Tree, depth: number): string {
    const isDeepest = limits.maxDepth > 0 && depth >= limits.maxDepth
    if (!isContainer(node)) return isDeepest ? asText(writeLeaf(node, limits)) : writeLeaf(node, limits)
    if (limits.maxObjects > 0 && ++objects > limits.maxObjects) return '"[Object limit exceeded]"'
    if (isDeepest) return JSON.stringify(writeTree(node, UNLIMITED))
    if (node instanceof Map) {
      const entries = [...(node as ReadonlyMap<string, Tree>)]
      return `{${(node instanceof Rows ? within(entries, limits) : entries).map(([key, value]) => `${JSON.stringify(key)}:${write(value, depth + 1)}`).join(',')}}`
    }
    return `[${within(node as readonly Tree[], limits)
      .map((value) => write(value, depth + 1))
      .join(',')}]`
  }

  return write(tree, 0)
}

const UNLIMITED: Limits = { maxDepth: 0, maxCollectionSize: 0, maxObjects: 0, serializeLong: false }

function within<T>(entries: readonly T[], { maxCollectionSize }: Limits): readonly T[] {
  return maxCollectionSize > 0 ? entries.slice(0, maxCollectionSize) : entries
}

function writeLeaf(leaf: Leaf | null, { serializeLong }: Limits): string {
  if (!leaf) return 'null'
  return serializeLong && leaf.type === 'long' ? `"${leaf.json}"` : leaf.json
}

function asText(json: string): string {
  return json === 'null' || json.startsWith('"') ? json : `"${json}"`
}
