/** The shop's tables and what is in them at first. Every start may call it: a database that has its products is left alone. */
import type { Datasource, LentConnection } from '@spyglass/runtime/application'

const SCHEMA = `
CREATE TABLE IF NOT EXISTS category (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS product (
  id INTEGER PRIMARY KEY, category_id INTEGER NOT NULL REFERENCES category, name TEXT NOT NULL, price_cents INTEGER NOT NULL, stock INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS review (
  id INTEGER PRIMARY KEY, product_id INTEGER NOT NULL REFERENCES product, stars INTEGER NOT NULL, words TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS purchase (id INTEGER PRIMARY KEY, customer TEXT NOT NULL, placed_at TEXT NOT NULL, total_cents INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS purchase_line (
  purchase_id INTEGER NOT NULL REFERENCES purchase, product_id INTEGER NOT NULL REFERENCES product, quantity INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS product_category ON product (category_id);
CREATE INDEX IF NOT EXISTS review_product ON review (product_id);
CREATE INDEX IF NOT EXISTS purchase_line_purchase ON purchase_line (purchase_id);
`

const CATEGORIES = ['Tea', 'Coffee', 'Cups', 'Kettles', 'Honey', 'Biscuits', 'Spices', 'Books']
const KINDS = ['Plain', 'Fine', 'Large', 'Little', 'Blue', 'Wild', 'Old', 'Light']
const PRODUCTS = 160
const PURCHASES = 1000

export async function prepareSchema(shop: Datasource): Promise<void> {
  await shop.script(SCHEMA)
  // In a transaction, because several instances may start at once on one file.
  await shop.transaction(async (connection) => {
    const [found] = await connection.query<{ products: number }>('SELECT count(*) AS products FROM product')
    if (found?.products === 0) await seed(connection)
  })
}

/** All of it by numbers, so that every copy of the shop is the same. */
async function seed(connection: LentConnection): Promise<void> {
  for (const [index, name] of CATEGORIES.entries()) {
    await connection.execute('INSERT INTO category (id, name) VALUES (?, ?)', [index + 1, name])
  }
  for (let id = 1; id <= PRODUCTS; id++) {
    const category = CATEGORIES[id % CATEGORIES.length] ?? ''
    const name = `${KINDS[(id * 7) % KINDS.length]} ${category} ${id}`
    await connection.execute('INSERT INTO product (id, category_id, name, price_cents, stock) VALUES (?, ?, ?, ?, ?)', [
      id,
      (id % CATEGORIES.length) + 1,
      name,
      100 + ((id * 137) % 4900),
      1000,
    ])
  }
  await connection.script(`
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${PRODUCTS * 4})
    INSERT INTO review (product_id, stars, words) SELECT 1 + i % ${PRODUCTS}, 1 + i % 5, 'Review number ' || i FROM n;
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${PURCHASES})
    INSERT INTO purchase (customer, placed_at, total_cents)
      SELECT 'customer-' || (i % 97), datetime('2026-01-01', '+' || i || ' hours'), 0 FROM n;
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${PURCHASES * 3})
    INSERT INTO purchase_line (purchase_id, product_id, quantity) SELECT 1 + i / 3 % ${PURCHASES}, 1 + (i * 31) % ${PRODUCTS}, 1 + i % 3 FROM n;
    UPDATE purchase SET total_cents = (
      SELECT coalesce(sum(quantity * price_cents), 0) FROM purchase_line JOIN product ON product.id = product_id WHERE purchase_id = purchase.id);
  `)
}
