/**
 * What the database knows of the sale: how many items are left, and who has one. An item and its order are one transaction: a process that is killed in the
 * middle leaves neither. An account has one order at most, so that a request that is repeated gets the same one.
 */
import { randomUUID } from 'node:crypto'
import { type Datasource, updateIf } from '@spyglass/runtime/application'

type Row = Readonly<Record<string, unknown>>

/** What the drivers pg and sqlite have in common. */
interface Connection {
  query(sql: string, values?: unknown[]): Promise<unknown>
}

/** A `pg.Pool`, also of a datasource with members. */
interface PgPool extends Connection {
  connect(): Promise<Connection & Disposable>
}

export interface Order {
  readonly id: string
  readonly state: 'reserved' | 'confirmed'
}

/** What became of a wish to buy. `known`: the account had its order before. */
export type Purchase = { readonly order: string; readonly isKnown: boolean } | 'sold out'

/** Instances that sell at once come first by turns: nobody loses so often in a row. */
const MAX_ATTEMPTS = 100

const SCHEMA = [
  'CREATE TABLE IF NOT EXISTS item (id INTEGER PRIMARY KEY, stock INTEGER NOT NULL CHECK (stock >= 0), version INTEGER NOT NULL)',
  'CREATE TABLE IF NOT EXISTS sale_order (id TEXT PRIMARY KEY, account TEXT NOT NULL UNIQUE, state TEXT NOT NULL)',
]
const ITEM = 1

export class Ledger {
  readonly #database: Datasource | PgPool

  constructor(database: unknown) {
    this.#database = database as Datasource | PgPool
  }

  /** Instances may do this at the same time; only the first puts the items there. */
  async open(items: number): Promise<void> {
    for (const statement of SCHEMA) await this.#rows(statement)
    await this.#rows('INSERT INTO item (id, stock, version) VALUES (?, ?, 0) ON CONFLICT DO NOTHING', [ITEM, items])
  }

  async left(): Promise<number> {
    const [item] = await this.#rows('SELECT stock FROM item WHERE id = ?', [ITEM])
    return Number(item?.['stock'] ?? 0)
  }

  /** Sells one item to the account. */
  async buy(account: string): Promise<Purchase> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const purchase = await this.#transaction((connection) => sell(connection, account))
      if (purchase) return purchase
    }
    throw Object.assign(new Error('others were faster each time'), { statusCode: 503 })
  }

  async orderOf(account: string): Promise<Order | undefined> {
    const [row] = await this.#rows('SELECT id, state FROM sale_order WHERE account = ?', [account])
    return row as Order | undefined
  }

  /** Orders that nobody has confirmed yet. */
  async reserved(): Promise<readonly string[]> {
    return (await this.#rows("SELECT id FROM sale_order WHERE state = 'reserved' ORDER BY id LIMIT 1000")).map(({ id }) => String(id))
  }

  /** Does nothing for an order that is confirmed. */
  async confirm(order: string): Promise<void> {
    await this.#rows("UPDATE sale_order SET state = 'confirmed' WHERE id = ? AND state = 'reserved'", [order])
  }

  async #rows(sql: string, values: unknown[] = []): Promise<readonly Row[]> {
    return await rowsOf(this.#database as Connection, sql, values)
  }

  /** What is not committed is rolled back when the connection is returned. */
  async #transaction<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const database = this.#database
    if ('transaction' in database) return await database.transaction((connection) => work(connection as Connection))
    using connection = await database.connect()
    await connection.query('BEGIN')
    const result = await work(connection)
    await connection.query('COMMIT')
    return result
  }
}

/** Undefined: somebody was faster. */
async function sell(connection: Connection, account: string): Promise<Purchase | undefined> {
  const [known] = await rowsOf(connection, 'SELECT id FROM sale_order WHERE account = ?', [account])
  if (known) return { order: String(known['id']), isKnown: true }
  const [item] = await rowsOf(connection, 'SELECT stock, version FROM item WHERE id = ?', [ITEM])
  const [stock, version] = [Number(item?.['stock'] ?? 0), Number(item?.['version'] ?? 0)]
  if (stock === 0) return 'sold out'
  if (!(await updateIf(connection, 'item', { where: { id: ITEM }, version, set: { stock: stock - 1 } }))) return undefined
  const order = randomUUID()
  await rowsOf(connection, "INSERT INTO sale_order (id, account, state) VALUES (?, ?, 'reserved')", [order, account])
  return { order, isKnown: false }
}

/** sqlite gives the rows, pg a result with them, and numbers its parameters. */
async function rowsOf(connection: Connection, sql: string, values: unknown[] = []): Promise<readonly Row[]> {
  let parameters = 0
  const isSqlite = 'execute' in connection
  const text = isSqlite ? sql : sql.replaceAll('?', () => `$${++parameters}`)
  const result = await connection.query(text, values)
  return isSqlite ? (result as Row[]) : (result as { readonly rows: Row[] }).rows
}
