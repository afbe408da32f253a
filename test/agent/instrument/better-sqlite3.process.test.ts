import { join } from 'node:path'
import { expect, test, type TestContext } from 'vitest'
import { betterSqlite3 } from '../../../agent/src/instrument/better-sqlite3.ts'
import { installFromRegistry } from '../../support/from-registry.ts'
import { codeOf, formsOf, recorded } from '../../support/instrumented.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const PROGRAM = `import Database from 'better-sqlite3'
const db = new Database(process.env.FILE!, process.env.BINDING ? { nativeBinding: process.env.BINDING } : {})
async function main(): Promise<void> {
  db.exec('CREATE TABLE users (name TEXT)')
  await inRequest(() => {
    db.prepare('INSERT INTO users VALUES (?)').run('a secret')
    return db.prepare("SELECT name FROM users WHERE name = 'a secret'").all()
  })
  await inRequest(() => [...db.prepare('SELECT 1 AS one').iterate()])
  await inRequest(() => {
    const insert = db.prepare('INSERT INTO users VALUES (?)')
    db.transaction((names: string[]) => names.map((name) => insert.run(name)))(['a secret', 'another secret'])
  })
  await inRequest(() => db.pragma('table_info(users)'))
  await inRequest(() => {
    try {
      db.prepare('INSERT INTO users VALUES (?, ?)')
    } catch {}
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

/** It has its native code for the usual platforms, so that nothing is built; a bundle has to be told where that is. */
async function installed(context: TestContext): Promise<{ readonly aliases: Record<string, string>; readonly binding: string }> {
  const folder = join(await installFromRegistry(context, 'better-sqlite3@13.2.0', 'nested'), 'node_modules/better-sqlite3')
  return { aliases: { 'better-sqlite3': folder }, binding: join(folder, `prebuilds/${process.platform}-${process.arch}.node`) }
}

test('statements of better-sqlite3 are recorded with their call sites and without literals, in each form', async (context) => {
  const { aliases, binding } = await installed(context)
  for (const form of formsOf(betterSqlite3)) {
    const { traces, sink } = await recorded(PROGRAM, {
      form,
      aliases,
      env: { FILE: join(tempFolder(), 'shop.db'), ...(form === 'bundle' ? { BINDING: binding } : {}) },
    })
    expect([form, ...traces.map(({ children }) => children.map(({ attributes }) => attributes['db.query.text']))]).toEqual([
      form,
      ['INSERT INTO users VALUES (?)', 'SELECT name FROM users WHERE name = ?'],
      ['SELECT ? AS one'],
      ['BEGIN', 'INSERT INTO users VALUES (?)', 'INSERT INTO users VALUES (?)', 'COMMIT'],
      ['PRAGMA table_info(users)'],
      ['DELETE FROM missing'],
    ])
    expect(traces.map(({ children }) => children[0] && codeOf(children[0]))).toEqual([
      expect.stringContaining('.run('),
      expect.stringContaining('.iterate('),
      expect.stringContaining('db.transaction('),
      expect.stringContaining('db.pragma('),
      expect.stringContaining('db.exec('),
    ])
    expect(traces.at(-1)?.children[0]).toMatchObject({
      status: { code: 2 },
      attributes: { 'db.system.name': 'sqlite', 'db.client.connection.pool.name': 'shop.db' },
    })
    expect(JSON.stringify(sink.spans)).not.toContain('secret')
  }
})

test('a bundle without the plugin is told, and runs as without the agent', async (context) => {
  const { aliases, binding } = await installed(context)
  const run = await recorded(PROGRAM, { form: 'bundle-plain', aliases, env: { FILE: join(tempFolder(), 'shop.db'), BINDING: binding } })
  expect(run.stderr).toMatch(/SPY_AGENT_BUNDLED.*better-sqlite3/)
  expect(run.traces.map(({ children }) => children.length)).toEqual([0, 0, 0, 0, 0])
})
