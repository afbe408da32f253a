/** One driver of the configuration: how its connections are opened, and what applications that know it get of a pool. All are in adapters.ts. */
import type { DatasourceConfig } from '@spyglass/process/config'
import type { Driver } from './driver.ts'
import type { Lending } from './pool/index.ts'

/** Where a datasource is opened. */
export interface DriverSurroundings {
  /** Folder that relative files are resolved against. */
  readonly folder: string
  /** Folders of the applications that may bring the driver's package. */
  readonly applicationFolders: readonly string[]
}

/** One driver of the configuration. */
export interface Adapter<Face> {
  /** @throws SPY_DRIVER_MISSING when the applications do not have its package */
  open(config: DatasourceConfig, around: DriverSurroundings): OpenedDriver<Face>
}

export interface OpenedDriver<Face> {
  readonly driver: Driver
  /** What applications get: whatever lends connections, with the interface of the driver. */
  faceOf(lending: Lending): Face
  /** Takes on other settings: connections that are opened from now on have them. */
  configure(config: DatasourceConfig): void
}
