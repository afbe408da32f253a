import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadConfig } from '@spyglass/process/config'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { isolationRemarks, requireIsolation } from '../../../../runtime/process/src/isolation/enforceable.ts'
import { tempFolder } from '../../../support/temp-folder.ts'

const isRoot = process.platform === 'linux' && process.getuid?.() === 0

/** A configuration in a folder that everybody may pass through. */
function written(settings: Readonly<Record<string, unknown>>): { readonly file: string; readonly folder: string } {
  const place = tempFolder()
  chmodSync(place, 0o711)
  const folder = join(place, 'shop')
  mkdirSync(folder, { mode: 0o755 })
  writeFileSync(join(place, 'spyglass.yaml'), stringify(settings))
  return { file: join(place, 'spyglass.yaml'), folder }
}

const shop = { name: 'shop', folder: 'shop', isolation: 'user' }
const check = (file: string): void => requireIsolation(loadConfig({ file }))

test.runIf(isRoot)('what an application with a user of its own cannot reach is refused with the folder that is closed', () => {
  const { file, folder } = written({ applications: [shop] })
  check(file)
  expect(isolationRemarks(loadConfig({ file }))).toEqual([expect.stringContaining(`can read its folder ${folder}`)])
  chmodSync(folder, 0o700)
  expect(() => check(file)).toThrow(
    new RegExp(String.raw`applications\[0\].isolation \(shop\): user \d+ cannot read ${folder}: it is closed to that user \(mode 0700`),
  )
  expect(isolationRemarks(loadConfig({ file }))).toEqual([])
})

test.runIf(isRoot)('the data folder must be where everybody may pass, and a database where the user may write: its home', () => {
  const closed = tempFolder()
  const applications = [{ ...shop, datasources: ['shop'] }]
  expect(() => check(written({ data: join(closed, 'data'), applications: [shop] }).file)).toThrow(`cannot pass through ${closed}`)
  const outside = written({ applications, datasources: [{ name: 'shop', file: 'shop.db' }] })
  expect(() => check(outside.file)).toThrow('For datasource shop choose a file in its home: file: homes/shop/shop.db')
  check(written({ applications, datasources: [{ name: 'shop', file: 'homes/shop/shop.db' }] }).file)
})

test.runIf(isRoot)('two applications never have one user, and a user must exist', () => {
  const two = [
    { ...shop, user: 'nobody' },
    { ...shop, name: 'blog', user: 'nobody', listener: 'second' },
  ]
  const listeners = [{ name: 'http' }, { name: 'second', port: 8081 }]
  expect(() => check(written({ listeners, applications: two }).file)).toThrow(
    /applications\[1\].isolation \(blog\): application shop has the same user/,
  )
  expect(() => check(written({ applications: [{ ...shop, user: 'no-such-user' }] }).file)).toThrow('there is no such user on this machine')
})

test.runIf(isRoot)('a server that is not root refuses the level with a code, and takes the others', () => {
  const doors = ['config', 'isolation'].map((name) => new URL(`../../../../runtime/process/src/${name}/index.ts`, import.meta.url).href)
  const script = `import { loadConfig } from '${doors[0]}'\nimport { requireIsolation } from '${doors[1]}'\ntry { requireIsolation(loadConfig({ file: process.argv[1] })); console.log('fine') } catch (error) { console.log(error.code, error.message) }`
  const asNobody = (isolation: string): string => {
    const { file } = written({ applications: [{ ...shop, isolation }] })
    chmodSync(file, 0o644)
    const args = ['--conditions=spyglass-source', '--input-type=module', '-e', script, file]
    const cwd = fileURLToPath(new URL('../../../..', import.meta.url))
    return spawnSync(process.execPath, args, { uid: 65_534, gid: 65_534, cwd, encoding: 'utf8' }).stdout
  }
  expect(asNobody('user')).toMatch(/^SPY_ISOLATION_UNAVAILABLE .*"user" needs a server that runs as root; this one runs as user 65534/s)
  expect(asNobody('permission')).toBe('fine\n')
  expect(asNobody('own')).toBe('fine\n')
})

test('settings of one level are refused at the others', () => {
  const { file } = written({ applications: [{ ...shop, isolation: 'own', user: 'nobody', allow: ['worker', 'read:/srv'] }] })
  expect(() => check(file)).toThrow(
    /applications\[0\].user: only available with isolation: user.*applications\[0\].allow: only available with isolation: permission/s,
  )
})

test.runIf(isRoot)('a log is never where the application could put a link in its place', () => {
  const { file, folder } = written({ applications: [{ ...shop, accessLog: { file: 'shop/access.log' } }] })
  check(file)
  chmodSync(folder, 0o777)
  expect(() => check(file)).toThrow(/its log .*access.log would be in a folder that user \d+ can write to/)
})
