/**
 * The changes that commands made, and what they make of the settings of the file. Pure: the same changes on the same file give the same
 * settings. A change is never modified; an undo and the end of a temporary change are entries of their own that take another one back, and can
 * be taken back themselves.
 */
import { formatName } from '@spyglass/process/settings'
import { fail } from './errors.ts'
import { keyValues, type Path, targetOf, type Tree, valueAt, withValue } from './settings-tree.ts'

export type Step =
  | { readonly do: 'set'; readonly path: Path; readonly value: unknown }
  /** A new entry of a list. */
  | { readonly do: 'create'; readonly path: Path; readonly values: Tree }
  | { readonly do: 'delete'; readonly path: Path }
  /** Back to what the file says. */
  | { readonly do: 'reset'; readonly path: Path }

export interface Change {
  readonly id: number
  /** Milliseconds since the epoch. */
  readonly time: number
  readonly actor: string
  readonly verb: 'set' | 'create' | 'delete' | 'undo' | 'expire'
  readonly steps: readonly Step[]
  readonly reason?: string
  readonly until?: number
  /** Of an undo and an end: the change that it takes back. */
  readonly undoes?: number
  /** So old that it cannot be taken back any more. */
  readonly settled?: true
}

/** The changes in force at a time, oldest first. */
export function inForce(changes: readonly Change[], now: number): readonly Change[] {
  const undone = new Set<number>()
  const found: Change[] = []
  for (const change of changes.toReversed()) {
    if (undone.has(change.id) || isOver(change, now)) continue
    if (change.undoes !== undefined) undone.add(change.undoes)
    found.push(change)
  }
  return found.toReversed()
}

export const isOver = ({ until }: Change, now: number): boolean => until !== undefined && until <= now

/** A change that could not be made, since the file no longer has what it is about. */
export interface Skipped {
  readonly change: Change
  readonly error: Error
}

export interface Applied {
  readonly settings: Tree
  readonly skipped: readonly Skipped[]
}

/** The settings of a file with the changes in force. */
export function applyChanges(file: Tree, changes: readonly Change[], now: number): Applied {
  const skipped: Skipped[] = []
  let settings = file
  for (const change of inForce(changes, now)) {
    try {
      settings = applySteps(file, settings, change.steps)
    } catch (error) {
      if (!(error instanceof Error)) throw error
      skipped.push({ change, error })
    }
  }
  return { settings, skipped }
}

/** @throws SPY_ADMIN_NAME_UNKNOWN, SPY_ADMIN_NAME_EXISTS */
export function applySteps(file: Tree, settings: Tree, steps: readonly Step[]): Tree {
  return steps.reduce((tree, step) => applyStep(file, tree, step), settings)
}

function applyStep(file: Tree, tree: Tree, step: Step): Tree {
  const { path } = step
  if (step.do === 'set') return withValue(tree, path, step.value)
  if (step.do === 'reset') return withValue(tree, path, valueAt(file, path))
  const exists = valueAt(tree, path) !== undefined
  if (step.do === 'create') {
    if (exists) throw fail('SPY_ADMIN_NAME_EXISTS', [formatName(path)])
    return withValue(tree, path, newEntry(path, step.values))
  }
  if (!exists) throw fail('SPY_ADMIN_NAME_UNKNOWN', [formatName(path)])
  return withValue(tree, path, undefined)
}

function newEntry(path: Path, values: Tree): Tree {
  const target = targetOf(path)
  if (target.type !== 'entry') throw fail('SPY_ADMIN_NAME_UNKNOWN', [formatName(path)])
  return { ...keyValues(target.node, path.at(-1) ?? ''), ...values }
}

/** The change in force that made a setting or an entry what it is; undefined: it is what the file says. */
export function changeBehind(changes: readonly Change[], path: Path, now: number): Change | undefined {
  const isAbout = ({ path: other }: Step): boolean =>
    other.every((part, i) => part === path[i]) || path.every((part, i) => part === other[i])
  const change = inForce(changes, now).findLast(({ steps }) => steps.some(isAbout))
  return change?.steps.findLast(isAbout)?.do === 'reset' ? undefined : change
}

const MAX_CHANGES = 1000

/**
 * Settles the older half of very many changes: what was taken back is dropped, and so are sets that a later settled one of the same setting
 * replaces. The settings stay what they are, whatever is taken back of the rest. The history still has all of them.
 */
export function compacted(changes: readonly Change[], now: number, max: number = MAX_CHANGES): readonly Change[] {
  if (changes.length <= max) return changes
  const old = changes.slice(0, changes.length - Math.floor(max / 2))
  const recent = changes.slice(old.length)
  const open = referredTo(old, recent)
  const active = new Set(inForce(old, now))
  const left = old.filter((change) => open.has(change.id) || (active.has(change) && change.undoes === undefined))
  const settled = left.map((change) => (open.has(change.id) || change.until !== undefined ? change : { ...change, settled: true as const }))
  return [...settled.filter((change, i) => !isReplaced(change, settled.slice(i + 1))), ...recent]
}

/** What recent entries take back, what that had taken back, and whatever else takes those back. */
function referredTo(old: readonly Change[], recent: readonly Change[]): ReadonlySet<number | undefined> {
  const ids = new Set(recent.map(({ undoes }) => undoes))
  for (const change of old.toReversed()) if (ids.has(change.id)) ids.add(change.undoes)
  ids.delete(undefined)
  for (const change of old) if (ids.has(change.undoes)) ids.add(change.id)
  return ids
}

function isReplaced({ steps, settled }: Change, later: readonly Change[]): boolean {
  const sets = later.filter((change) => change.settled).flatMap((change) => change.steps.filter((step) => step.do === 'set'))
  const names = new Set(sets.map(({ path }) => formatName(path)))
  return settled === true && steps.every((step) => step.do === 'set' && names.has(formatName(step.path)))
}
