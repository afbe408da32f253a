/** How the source of users is opened, for each type of realm. A type is a line here and its settings in `runtime/process/src/settings/realm.ts`. */
import type { RealmConfig } from '@spyglass/process/checked-config'
import type { ResourceSurroundings } from '../../resource-type/resource-type.ts'
import { FileSource } from './file-source.ts'
import { openModuleSource } from './module-source.ts'
import type { UserSource } from './user-source.ts'

/** A realm that is to be opened. */
export interface Opening {
  /** As it is now: live settings change. */
  readonly config: () => RealmConfig
  readonly around: ResourceSurroundings
}

export interface SourceType {
  /** Passwords that are compared at once: few where the instance hashes them, more where it waits for others. */
  readonly atOnce: number
  /** What cannot be reached is no failure: it is told when somebody signs in. @throws what only another configuration cures */
  open(opening: Opening): UserSource | Promise<UserSource>
}

export const sourceTypes: Readonly<Record<RealmConfig['type'], SourceType>> = {
  file: { atOnce: 2, open: ({ config }) => new FileSource(config().name, config().file ?? '') },
  module: { atOnce: 8, open: ({ config }) => openModuleSource(config().name, config().module ?? '') },
}
