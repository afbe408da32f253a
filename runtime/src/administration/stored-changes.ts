/** The changes as they are kept: `changes.json` in the folder `administration`, mode 0600, since they may hold secrets. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Damage, openStateFile, type StateFile, wrongShape } from '@spyglass/process/durable-file'
import type { Change } from './changes.ts'

export function storedChanges(folder: string, onDamage: (damage: Damage) => void): StateFile<readonly Change[]> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return openStateFile({ file: join(folder, 'changes.json'), parse: parseChanges, onDamage })
}

/** Number of the last change that is kept; 0 for none. */
export function lastChangeIn(folder: string): number {
  return (
    storedChanges(folder, () => {})
      .read()
      ?.at(-1)?.id ?? 0
  ) // damage is told when the administration opens it
}

/** What damage of the file costs. */
export const damagedChanges = {
  fromPrevious: 'The last change that a command made is lost; the history has it.',
  lost: 'All changes that commands made are lost: the settings are those of spyglass.yaml. The history has them.',
}

function parseChanges(content: unknown): readonly Change[] {
  if (!Array.isArray(content) || !content.every(isChange)) throw wrongShape('it is not a list of changes')
  return content
}

function isChange(value: unknown): value is Change {
  if (typeof value !== 'object' || value === null) return false
  const { id, time, actor, verb, steps } = value as Partial<Change>
  return (
    Number.isSafeInteger(id) && typeof time === 'number' && typeof actor === 'string' && typeof verb === 'string' && Array.isArray(steps)
  )
}
