/** The types of resources by their lists in spyglass.yaml. */
import type { ResourcesConfig } from '@spyglass/process/checked-config'
import type { ResourceList } from '@spyglass/process/settings'
import { type Cache, caches } from '../cache/index.ts'
import { type Datasource, datasources } from '../datasource/index.ts'
import { type Jobs, jobType } from '../jobs/index.ts'
import { type HttpClient, httpClientType } from '../http-client/index.ts'
import { type Mailer, mailType } from '../mail/index.ts'
import { type RateLimit, rateLimits } from '../rate-limit/index.ts'
import { type RedisBase, redisType } from '../redis/index.ts'
import type { ResourceType } from '../resource-type/resource-type.ts'
import { type Realm, realmType } from '../realm/index.ts'
import { type WorkerPool, workerPools } from '../worker-pool/index.ts'
import { type Sessions, sessionType } from '../session/index.ts'

/** What applications get, by list, unless they say that they expect something else. */
export interface Faces {
  readonly datasources: Datasource
  readonly rateLimits: RateLimit
  readonly sessions: Sessions
  readonly realms: Realm
  readonly caches: Cache
  readonly jobs: Jobs
  readonly workerPools: WorkerPool
  readonly mailServers: Mailer
  readonly redisServers: RedisBase
  readonly httpClients: HttpClient
}

export const resourceTypes: { readonly [L in ResourceList]: ResourceType<ResourcesConfig[L][number], object> } = {
  datasources,
  rateLimits,
  sessions: sessionType,
  realms: realmType,
  caches,
  jobs: jobType,
  workerPools,
  mailServers: mailType,
  redisServers: redisType,
  httpClients: httpClientType,
}
