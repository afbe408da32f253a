export type {
  ApplicationContext,
  ApplicationFactory,
  ApplicationHandler,
  ApplicationResult,
  RequestHandler,
} from './application-context.ts'
export { type ApplicationHost, type HostOptions, hostApplications } from './application-host.ts'
export { ClusterPrimary } from './cluster-primary.ts'
export { applicationErrors } from './errors.ts'
export { HttpListener } from '@spyglass/process/listener'
export { type ApplicationSettings, HostedApplication } from './hosted-application.ts'
export {
  type Datasource,
  type DatasourceGroup,
  type DatasourceNamed,
  type ExecuteResult,
  type LentConnection,
  type Members,
  type Row,
  type SqlParams,
  type SqlValue,
  DatabaseError,
} from '../datasource/index.ts'
export {
  cache,
  datasource,
  jobs,
  httpClient,
  mail,
  openResources,
  queue,
  rateLimit,
  realm,
  redis,
  type Resources,
  type ResourcesOptions,
  session,
  workerPool,
} from '../resource/index.ts'
export type { HttpClient } from '../http-client/index.ts'
export type { Mail, Mailer, SentMail } from '../mail/index.ts'
export type { RedisNamed } from '../redis/index.ts'
export type { AccessRule, Person, Realm, UserSource } from '../realm/index.ts'
export type { TaskOptions, WorkerPool } from '../worker-pool/index.ts'
export type { Added, AddOptions, Job, JobHandler, Jobs, RepeatOptions } from '../jobs/index.ts'
export type { Session, Sessions } from '../session/index.ts'
export type {
  Cache,
  CacheSettings,
  Lasting,
  Load,
  LoadOptions,
  PageCache,
  PageOptions,
  PagePurge,
  PurgeListener,
  Refreshed,
  SetOptions,
} from '../cache/index.ts'
export type { Decision, Limiter, LimitOptions } from '../rate-limit/index.ts'
export {
  idempotent,
  type IdempotencyStore,
  type IdempotentOptions,
  inFlightKey,
  type InFlightKey,
  type InFlightKeyOptions,
  memoryStore,
  type Queue,
  type QueueFigures,
  type QueueOptions,
  redisStore,
  updateHashIf,
  updateIf,
  type VersionedUpdate,
} from '../concurrency/index.ts'
