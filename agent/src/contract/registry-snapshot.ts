/** What a process says of its resources. */
import type { AttributeValue, ResourceKeys } from './resource-kind.ts'

/** The values of one resource. `kind` is the name of a declared kind or platform bean. */
export interface ResourceSnapshot {
  readonly kind: string
  readonly keys: ResourceKeys
  readonly values: Readonly<Record<string, AttributeValue>>
  /** When its values were read, in milliseconds since the epoch, where that is not the time of the snapshot. */
  readonly time?: number
}

/** Everything one process knows of its resources. */
export interface RegistrySnapshot {
  readonly time: number
  readonly resources: readonly ResourceSnapshot[]
}
