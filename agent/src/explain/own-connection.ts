/** A connection of our own to the application's database: opened for one purpose, with what the application opens its own with, and closed after it. */
import { UNRECORDED, type StatementRun } from '../recorder/statement-run.ts'

const OPEN_MS = 2000
/** For all that is asked on it. */
const LIFE_MS = 5000
const MULTI_STATEMENTS = 0x10000

export type Ask = (text: string, values?: unknown, isPrepared?: boolean) => Promise<unknown>

type Method = (this: object, ...args: unknown[]) => unknown

interface Socket {
  unref?(): void
  destroy?(): void
}

interface PgClient {
  readonly constructor: new (options: object) => PgClient
  readonly connectionParameters: object
  readonly password?: unknown
  readonly connection: { readonly stream: Socket }
  on(event: 'error', listener: () => void): void
  connect(): Promise<unknown>
  end(): Promise<unknown>
}

interface MysqlConnection {
  readonly constructor: new (...args: unknown[]) => MysqlConnection
  readonly config: { readonly connectionConfig?: object; readonly clientFlags?: number }
  readonly stream: Socket
  on(event: 'error', listener: () => void): void
  destroy(): void
}

/** What `use` returns. The process does not wait for it to end. */
export function withOwnConnection<T>(run: StatementRun, use: (ask: Ask) => Promise<T>): Promise<T> {
  return run.system === 'postgresql' ? withPg(run, use) : withMysql(run.connection as MysqlConnection, use)
}

async function withPg<T>({ connection, options }: StatementRun, use: (ask: Ask) => Promise<T>): Promise<T> {
  const client = connection as PgClient
  const given = options ?? client.connectionParameters
  // A password is not among what is enumerated.
  const password = options ? (options as { password?: unknown }).password : client.password
  const own = new client.constructor({ ...given, ...(password === undefined ? {} : { password }), connectionTimeoutMillis: OPEN_MS })
  own.on('error', ignore)
  const { stream } = own.connection
  const opened = own.connect()
  stream.unref?.()
  const limit = setTimeout(() => stream.destroy?.(), LIFE_MS).unref()
  try {
    await opened
    // The extended protocol takes one statement only.
    return await use((text, values = []) => unrecorded(own, 'query').call(own, { text, values, queryMode: 'extended' }) as Promise<unknown>)
  } finally {
    clearTimeout(limit)
    void own.end().catch(ignore)
  }
}

async function withMysql<T>(connection: MysqlConnection, use: (ask: Ask) => Promise<T>): Promise<T> {
  const own = opened(connection)
  own.on('error', ignore)
  own.stream.unref?.()
  const limit = setTimeout(() => own.destroy(), LIFE_MS).unref()
  try {
    return await use((sql, values, isPrepared) => asked(own, { sql, values }, isPrepared === true ? 'execute' : 'query'))
  } finally {
    clearTimeout(limit)
    own.destroy()
  }
}

function opened(connection: MysqlConnection): MysqlConnection {
  const config = Object.assign(Object.create(Object.getPrototypeOf(connection.config) as object), connection.config, {
    connectTimeout: OPEN_MS,
    clientFlags: (connection.config.clientFlags ?? 0) & ~MULTI_STATEMENTS,
  }) as object
  // That of a pool asks its pool to forget it: this one has none.
  return '_pool' in connection ? new connection.constructor({ _closed: true }, { config }) : new connection.constructor({ config })
}

function asked(own: MysqlConnection, options: object, method: 'query' | 'execute'): Promise<unknown> {
  return new Promise((resolve, reject) => {
    unrecorded(own, method).call(own, options, (error: unknown, rows: unknown) => (error ? reject(error as Error) : resolve(rows)))
  })
}

const unrecorded = (own: object, method: keyof typeof UNRECORDED): Method => (own as Record<symbol, Method>)[UNRECORDED[method]] as Method

function ignore(): void {}
