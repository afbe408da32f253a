/** Values as a neutral tree, for requests with a path or with limits: build, pick by path, write within limits. */
import type { OpenType } from '@spyglass/agent/contract'
import { dateText, indexText, isMap, isRecord, writeInteger } from './fragments.ts'

/** A date that a path may ask for its milliseconds (`time`). */
export class DateNode {
  readonly ms: number

  constructor(ms: number) {
    this.ms = ms
  }
}

/** A long keeps apart from other numbers, since `serializeLong=string` asks for it. */
export class LongNode {
  readonly value: number | bigint

  constructor(value: number | bigint) {
    this.value = value
  }
}

/** Objects are Maps: a key named `__proto__` is a key like any other. */
export type Tree = null | boolean | number | string | DateNode | LongNode | readonly Tree[] | ReadonlyMap<string, Tree>

/** What a path that leads nowhere gives. */
export const MISSING = Symbol('missing')

/** Builds the tree of a value of this type; what does not fit the type becomes null. */
export function treeOf(value: unknown, type: OpenType): Tree {
  if (typeof type === 'string') return leaves[type](value)
  if ('array' in type) return Array.isArray(value) ? value.map((item) => treeOf(item, type.array)) : null
  if ('composite' in type) return compositeOf(value, type.items)
  return Array.isArray(value) ? tableOf(value.filter(isRecord), type, type.index) : null
}

type Leaf = (value: unknown) => Tree

const finite = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)

const leaves: Readonly<Record<OpenType & string, Leaf>> = {
  int: (value) => (finite(value) ? Math.trunc(value) : null),
  long: (value) => (finite(value) || typeof value === 'bigint' ? new LongNode(value) : null),
  double: (value) => (finite(value) ? value : null),
  boolean: (value) => (typeof value === 'boolean' ? value : null),
  string: (value) => (typeof value === 'string' ? value : null),
  date: (value) => (dateText(value) === undefined ? null : new DateNode(value as number)),
  objectName: (value) => (typeof value === 'string' ? new Map([['objectName', value]]) : null),
}

function compositeOf(value: unknown, items: Readonly<Record<string, OpenType>>): Tree {
  if (!isRecord(value)) return null
  return new Map(Object.entries(items).map(([name, type]) => [name, treeOf(value[name], type)]))
}

type TableType = Extract<OpenType, { table: string }>

function tableOf(rows: readonly Record<string, unknown>[], type: TableType, index: readonly string[]): Tree {
  const [first, ...rest] = index
  const groups = Map.groupBy(rows, (row) => indexText(row[first!]))
  const leaf = (row: Record<string, unknown> | undefined): Tree =>
    isMap(type) ? treeOf(row?.['value'], type.row['value']!) : compositeOf(row, type.row)
  return new Map([...groups].map(([key, members]) => [key, rest.length === 0 ? leaf(members.at(-1)) : tableOf(members, type, rest)]))
}

/** Follows a path: keys of objects, indexes of arrays, `time` of a date; `*` stands for every entry, and entries that miss are left out. */
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
    return new Map(entries.filter((entry): entry is readonly [string, Tree] => entry[1] !== MISSING))
  }
  return (tree as readonly Tree[]).map((value) => pick(value, path)).filter((value) => value !== MISSING)
}

function childOf(tree: Tree, part: string): Tree | typeof MISSING {
  if (tree instanceof DateNode) return part === 'time' ? tree.ms : MISSING
  if (tree instanceof Map) return (tree as ReadonlyMap<string, Tree>).get(part) ?? (tree.has(part) ? null : MISSING)
  if (Array.isArray(tree) && /^\d{1,9}$/.test(part)) return (tree as readonly Tree[])[Number(part)] ?? MISSING
  return MISSING
}

export interface Limits {
  /** Depth at which a value becomes a string; 0 is no limit. */
  readonly maxDepth: number
  /** Entries of an array that are written; 0 is all. */
  readonly maxCollectionSize: number
  /** Objects and arrays that are written; 0 is all. */
  readonly maxObjects: number
  /** Longs as strings, for clients whose numbers are doubles. */
  readonly serializeLong: boolean
}

/** Writes a tree as JSON within the limits. */
export function writeTree(tree: Tree, limits: Limits): string {
  let objects = 0

  function write(node: Tree, depth: number): string {
    if (!isContainer(node)) return limits.maxDepth > 0 && depth >= limits.maxDepth ? asString(node, limits) : writeLeaf(node, limits)
    if (limits.maxObjects > 0 && ++objects > limits.maxObjects) return '"[Object limit exceeded]"'
    if (limits.maxDepth > 0 && depth >= limits.maxDepth) return JSON.stringify(writeTree(node, UNLIMITED))
    if (node instanceof Map) {
      const entries = [...(node as ReadonlyMap<string, Tree>)]
      return `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${write(value, depth + 1)}`).join(',')}}`
    }
    const items = node as readonly Tree[]
    const kept = limits.maxCollectionSize > 0 ? items.slice(0, limits.maxCollectionSize) : items
    return `[${kept.map((value) => write(value, depth + 1)).join(',')}]`
  }

  return write(tree, 0)
}

const UNLIMITED: Limits = { maxDepth: 0, maxCollectionSize: 0, maxObjects: 0, serializeLong: false }

function writeLeaf(node: Tree, limits: Limits): string {
  if (node instanceof LongNode) return limits.serializeLong ? `"${writeInteger(node.value)}"` : writeInteger(node.value)
  if (node instanceof DateNode) return `"${dateText(node.ms)}"`
  return JSON.stringify(node)
}

function asString(node: Tree, limits: Limits): string {
  const text = writeLeaf(node, limits)
  return node === null || text.startsWith('"') ? text : `"${text}"`
}
