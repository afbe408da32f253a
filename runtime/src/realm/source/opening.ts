import type { RealmConfig } from '@spyglass/process/checked-config'
import type { ResourceSurroundings } from '../../resource-type/resource-type.ts'

/** A realm that is to be opened. */
export interface Opening {
  /** As it is now: live settings change. */
  readonly config: () => RealmConfig
  readonly around: ResourceSurroundings
}
