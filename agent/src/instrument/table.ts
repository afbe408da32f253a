/** Every instrumentation, in the order of the reference. The start line, the doctor and docs/reference/instrumentations.md are made from it. */
import { amqplib } from './amqplib.ts'
import { betterSqlite3 } from './better-sqlite3.ts'
import { bullmq } from './bullmq.ts'
import { bunyan } from './bunyan.ts'
import { consoleLines } from './console.ts'
import { dns } from './dns.ts'
import { drizzleOrm } from './drizzle.ts'
import { express, router } from './express.ts'
import { fastify } from './fastify.ts'
import { graphql, graphqlToolsExecutor } from './graphql.ts'
import { grpc } from './grpc.ts'
import { hono } from './hono.ts'
import { httpClient } from './http-client.ts'
import { httpServer } from './http-server.ts'
import { httpUpgrades } from './http-upgrade.ts'
import { http2Client } from './http2-client.ts'
import { http2Server } from './http2-server.ts'
import type { Instrumentation } from './instrumentation.ts'
import { ioredis } from './ioredis.ts'
import { kafkajs } from './kafkajs.ts'
import { knex } from './knex.ts'
import { koa } from './koa.ts'
import { log4js } from './log4js.ts'
import { mysql2 } from './mysql2.ts'
import { nestjsCore } from './nest.ts'
import { next } from './next.ts'
import { nodeCron } from './node-cron.ts'
import { openTelemetryApi } from './opentelemetry/api-registration.ts'
import { sequelize, typeorm } from './orms.ts'
import { pg, pgPool } from './pg.ts'
import { pino } from './pino.ts'
import { genericPool, sequelizePool, tarn } from './pools.ts'
import { postgres } from './postgres-js.ts'
import { prisma } from './prisma.ts'
import { redis } from './redis.ts'
import { nodeSqlite } from './sqlite.ts'
import { undici } from './undici.ts'
import { socketIo, ws } from './websocket.ts'
import { winston } from './winston.ts'

/** What puts ids into lines and sends them; with the stock SDK these alone are attached. */
export const loggers: readonly Instrumentation[] = [pino, winston, bunyan, log4js, consoleLines]

/** Names of OpenTelemetry that stand for several of ours. */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  http: [httpServer.name, httpUpgrades.name, http2Server.name, httpClient.name, http2Client.name],
}

/** Names of rows, by the names of OTEL_NODE_DISABLED_INSTRUMENTATIONS. */
export function switchedOff(names: readonly string[]): ReadonlySet<string> {
  return new Set(names.flatMap((name) => ALIASES[name] ?? name))
}

export const instrumentations: readonly Instrumentation[] = [
  httpServer,
  httpUpgrades,
  http2Server,
  fastify,
  express,
  router,
  koa,
  hono,
  nestjsCore,
  next,
  graphql,
  graphqlToolsExecutor,
  ws,
  socketIo,
  httpClient,
  http2Client,
  grpc,
  undici,
  dns,
  pg,
  pgPool,
  postgres,
  mysql2,
  nodeSqlite,
  betterSqlite3,
  ioredis,
  redis,
  knex,
  drizzleOrm,
  sequelize,
  typeorm,
  prisma,
  tarn,
  genericPool,
  sequelizePool,
  bullmq,
  amqplib,
  kafkajs,
  nodeCron,
  openTelemetryApi,
  ...loggers,
]
