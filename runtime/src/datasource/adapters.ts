/** The drivers of the configuration. */
import type { DatasourceConfig } from '@spyglass/process/config'
import { Datasource } from './datasource.ts'
import type { Adapter } from './adapter.ts'
import { mysql2Adapter } from './mysql2/mysql2-adapter.ts'
import type { MysqlPoolBase } from './mysql2/mysql2-module.ts'
import { pgAdapter } from './pg/pg-adapter.ts'
import type { PgPoolBase } from './pg/pg-module.ts'
import type { Pool } from './pool/index.ts'
import { createSqliteDriver } from './sqlite-driver.ts'

declare global {
  /** Datasources by their names, for what has another interface than {@link Datasource}: `interface SpyglassDatasources { shop: pg.Pool }`. */
  interface SpyglassDatasources {}
}

/** What an application gets by that name. */
export type DatasourceNamed<N extends string> = N extends keyof SpyglassDatasources ? SpyglassDatasources[N] : Datasource

/** What applications get of a datasource, by its driver. */
export interface FacesOfDrivers {
  readonly sqlite: Datasource
  readonly pg: PgPoolBase
  readonly mysql2: MysqlPoolBase
}

export type DatasourceFace = FacesOfDrivers[DatasourceConfig['driver']]

export const adapters: { readonly [D in DatasourceConfig['driver']]: Adapter<FacesOfDrivers[D]> } = {
  sqlite: {
    open: ({ file = '' }, { folder }) => ({
      driver: createSqliteDriver({ file, folder }),
      faceOf: (pool) => new Datasource(pool as Pool), // it has no groups: there is nothing else that lends
      configure() {}, // its file is that of the start
    }),
  },
  pg: pgAdapter,
  mysql2: mysql2Adapter,
}
