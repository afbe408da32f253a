import { chmodSync, existsSync, lstatSync, mkdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dataFolder, ensureDataFolder } from '@spyglass/process/config'
import { expect, test } from 'vitest'
import { deniedTo, type Wish } from '../../../../runtime/process/src/isolation/access-probe.ts'
import { homeOf, makeHome, openAccessLog, openDataFolder, openVersion } from '../../../../runtime/process/src/isolation/home.ts'
import { tempFolder } from '../../../support/temp-folder.ts'

const isRoot = process.platform === 'linux' && process.getuid?.() === 0
const [shop, blog] = [
  { uid: 1_900_000_001, gid: 1_900_000_001 },
  { uid: 1_900_000_002, gid: 1_900_000_002 },
]
const modeOf = (path: string): string => (statSync(path).mode & 0o7777).toString(8)
const read = (...paths: string[]): Wish[] => paths.map((path) => ({ path, to: 'read' }))
const write = (...paths: string[]): Wish[] => paths.map((path) => ({ path, to: 'write' }))

function dataIn(place: string) {
  chmodSync(place, 0o711)
  return ensureDataFolder(join(place, 'data'))
}

test.runIf(isRoot)('the data folder is opened only after everything in it but the ways to what is theirs was closed', () => {
  const folder = dataIn(tempFolder())
  writeFileSync(join(folder.root, 'old.db'), 'x', { mode: 0o644 })
  mkdirSync(join(folder.root, 'cache'), { mode: 0o755 })
  mkdirSync(join(folder.root, 'applications/neighbour'), { recursive: true, mode: 0o755 })
  openDataFolder(folder, ['shop'])
  expect([folder.root, folder.homes, folder.sockets, join(folder.root, 'logs'), folder.accessLogs].map(modeOf)).toEqual([
    '711',
    '711',
    '711',
    '711',
    '711',
  ])
  expect(
    ['old.db', 'cache', 'state', 'run', 'spool', 'store', 'wal', 'grafana', 'mibs', 'administration', 'applications/neighbour'].map(
      (name) => modeOf(join(folder.root, name)).slice(-2),
    ),
  ).toEqual(Array(11).fill('00'))
  const paths = ['old.db', 'cache', 'state', 'run', 'applications/neighbour'].map((name) => join(folder.root, name))
  expect(deniedTo(shop, read(folder.root, ...paths))).toHaveLength(6)
  expect(deniedTo(shop, [{ path: folder.root, to: 'pass through' }])).toEqual([])
})

test.runIf(isRoot)('home, access log and version are for their application alone; it changes its home and adds to its log', () => {
  const folder = dataIn(tempFolder())
  const [home, log, versions] = [homeOf(folder, 'shop'), join(folder.accessLogs, 'shop.log'), join(folder.root, 'applications/shop')]
  const version = join(versions, '1')
  mkdirSync(join(version, 'lib'), { recursive: true })
  writeFileSync(join(version, 'lib/private.env'), 'x', { mode: 0o600 })
  writeFileSync(join(version, 'run.sh'), 'x', { mode: 0o777 })
  symlinkSync('lib', join(version, 'linked'))
  openDataFolder(folder, ['shop'])
  makeHome(home, shop)
  openAccessLog(log, shop)
  openVersion(versions, version, shop)
  expect(modeOf(folder.cache)).toBe('700') // made before a process of the server makes it open
  const files = [join(version, 'lib/private.env'), join(version, 'run.sh'), join(version, 'linked/private.env')]
  expect(deniedTo(shop, [...read(...files, home.spool), ...write(log, home.root, home.temporary, home.cache, home.reports)])).toEqual([])
  expect(deniedTo(shop, write(version, ...files.slice(0, 2), folder.accessLogs))).toHaveLength(4)
  expect(deniedTo(blog, [...read(...files, home.root, home.spool, log), ...write(log)])).toHaveLength(7)
  expect([modeOf(join(version, 'run.sh')), modeOf(join(version, 'lib/private.env'))]).toEqual(['750', '640'])
})

test.runIf(isRoot)('what an application put in the place of a folder of its home is not followed', () => {
  const folder = dataIn(tempFolder())
  const home = homeOf(folder, 'shop')
  openDataFolder(folder, ['shop'])
  mkdirSync(home.root, { recursive: true })
  symlinkSync(folder.state, home.temporary)
  makeHome(home, shop)
  expect(lstatSync(home.temporary).isSymbolicLink()).toBe(true)
  expect(statSync(folder.state).uid).toBe(0)
  symlinkSync(join(folder.root, 'secrets.yaml'), join(folder.accessLogs, 'shop.log'))
  expect(() => openAccessLog(join(folder.accessLogs, 'shop.log'), shop)).toThrow(/ELOOP/)
})

test('where a home is', () => {
  expect(homeOf(dataFolder('/d'), 'shop')).toEqual({
    root: '/d/homes/shop',
    temporary: '/d/homes/shop/tmp',
    cache: '/d/homes/shop/cache',
    spool: '/d/homes/shop/spool',
    reports: '/d/homes/shop/reports',
  })
})

test('what an application has put in the place of its folders is replaced; what a link leads to is left alone', () => {
  const place = tempFolder()
  const home = homeOf({ homes: join(place, 'homes') }, 'shop')
  makeHome(home)
  for (const path of [home.temporary, home.cache, home.spool]) rmSync(path, { recursive: true })
  writeFileSync(home.temporary, 'a file')
  symlinkSync(join(place, 'nowhere'), home.cache)
  writeFileSync(join(place, 'kept'), 'x')
  symlinkSync(join(place, 'kept'), home.spool)
  makeHome(home)
  expect([home.temporary, home.cache, home.spool].map((path) => lstatSync(path).isDirectory())).toEqual([true, true, true])
  expect([existsSync(join(place, 'nowhere')), existsSync(join(place, 'kept'))]).toEqual([false, true])
})
