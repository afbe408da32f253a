export type {
  ApplicationContext,
  ApplicationFactory,
  ApplicationHandler,
  ApplicationResult,
  RequestHandler,
} from './application-context.ts'
export { type ApplicationHost, type HostOptions, hostApplications } from './application-host.ts'
export { applicationErrors } from './errors.ts'
export { HttpListener } from '../listener/http-listener.ts'
export { type ApplicationSettings, HostedApplication } from './hosted-application.ts'
export {
  type Datasource,
  type Datasources,
  type DatasourcesOptions,
  type ExecuteResult,
  type LentConnection,
  type Row,
  type SqlParams,
  type SqlValue,
  DatabaseError,
  getDatasource,
  installDatasources,
  openDatasources,
} from '../datasource/index.ts'
