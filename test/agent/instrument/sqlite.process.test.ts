import { expect, test } from 'vitest'
import { nodeSqlite } from '../../../agent/src/instrument/sqlite.ts'
import { codeOf, formsOf, recorded } from '../../support/instrumented.ts'

const PROGRAM = `import { DatabaseSync } from 'node:sqlite'
const db = new DatabaseSync(':memory:')
async function main(): Promise<void> {
  db.exec('CREATE TABLE users (name TEXT)')
  await inRequest(() => {
    db.prepare('INSERT INTO users VALUES (?)').run('a secret')
    return db.prepare("SELECT name FROM users WHERE name = 'a secret'").all()
  })
  await inRequest(() => [...db.prepare('SELECT 1 AS one').iterate()])
  await inRequest(() => {
    try {
      db.exec('DELETE FROM missing')
    } catch {
      return 'caught'
    }
  })
  db.close()
}
declare const inRequest: (handler: () => unknown) => Promise<string>
`

test('statements of node:sqlite are recorded with their call sites and without literals, in each form', async () => {
  for (const form of formsOf(nodeSqlite)) {
    const { traces, sink } = await recorded(PROGRAM, { form })
    expect([form, ...traces.map(({ children }) => children.map(({ attributes }) => attributes['db.query.text']))]).toEqual([
      form,
      ['INSERT INTO users VALUES (?)', 'SELECT name FROM users WHERE name = ?'],
      ['SELECT ? AS one'],
      ['DELETE FROM missing'],
    ])
    expect(traces.map(({ children }) => children[0] && codeOf(children[0]))).toEqual([
      expect.stringContaining('.run('),
      expect.stringContaining('.iterate('),
      expect.stringContaining('db.exec('),
    ])
    expect(traces[2]?.children[0]).toMatchObject({
      status: { code: 2 },
      attributes: { 'db.system.name': 'sqlite', 'db.client.connection.pool.name': ':memory:' },
    })
    expect(JSON.stringify(sink.spans)).not.toContain('secret')
  }
})
