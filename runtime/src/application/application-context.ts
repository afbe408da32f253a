/** What an application and the server say to each other. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from '@spyglass/process/logger'
import type { FastifyInstance } from 'fastify'
import type { DatasourceNamed } from '../datasource/index.ts'
import type { Sessions } from '../session/index.ts'

/** What the server gives to an application's factory. */
export interface ApplicationContext {
  /** Name in the configuration. */
  readonly name: string
  /** Path under which it is deployed, without a slash at the end: `/shop`, or the empty string for the root. */
  readonly contextPath: string
  /**
   * The datasource of that name: with driver pg a `pg.Pool`, with mysql2 a pool of mysql2.
   * @throws SPY_DATASOURCE_UNKNOWN
   */
  readonly datasource: <N extends string>(name: N) => DatasourceNamed<N>
  /**
   * The sessions of that name.
   * @throws SPY_SESSION_NAME_UNKNOWN
   */
  readonly session: (name: string) => Sessions
  /** Writes to the server log. */
  readonly logger: Logger
  /** Aborted when the start took too long or the application is to stop. */
  readonly signal: AbortSignal
}

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => unknown

export interface ApplicationHandler {
  readonly handler: RequestHandler
  /** Called once, when the application stops. */
  readonly close?: () => unknown
}

/** What a factory may give. */
// oxlint-disable-next-line typescript/no-explicit-any -- an instance of any server type and logger will do
export type ApplicationResult = FastifyInstance<any, any, any, any, any> | RequestHandler | ApplicationHandler

/** The default export of an application's main module. */
export type ApplicationFactory = (context: ApplicationContext) => ApplicationResult | Promise<ApplicationResult>
