import { join } from 'node:path'
import { ensureDataFolder, loadConfig, instanceGroups } from '@spyglass/process/config'
import { expect, test } from 'vitest'
import { prepareProtections, protectionOf } from '../../../runtime/src/server/protection.ts'
import { statusLines } from '../../../runtime/src/cli/status.ts'
import { tempFolder } from '../../support/temp-folder.ts'

function protectionsOf(application: Readonly<Record<string, unknown>>) {
  const root = tempFolder()
  const datasources = [
    { name: 'shop', file: 'shop.db' },
    { name: 'till', driver: 'pg', url: 'postgres://db/till', passwordFrom: 'file:/etc/till' },
  ]
  const sessions = [{ name: 'visitors' }]
  const realms = ['staff', 'others'].map((name) => ({ name, sessions: 'visitors', file: `/etc/${name}.json` }))
  const config = loadConfig({
    data: root,
    base: {
      datasources,
      sessions,
      realms,
      workerPools: [{ name: 'images', file: 'resize.js' }],
      applications: [{ name: 'shop', folder: '/apps/shop', ...application }],
    },
  })
  const folder = ensureDataFolder(root)
  return { root, folder, protections: instanceGroups(config).map((group) => protectionOf(group, { config, folder })) }
}

test('own and shared processes have nothing of it', () => {
  for (const isolation of ['own', 'shared']) {
    const { protections } = protectionsOf({ isolation })
    expect(protections.map(({ flags, environment, user, home }) => [flags, environment, user, home])).toEqual([
      [[], {}, undefined, undefined],
    ])
  }
})

test('under the permission model it reads its code, writes its home, log and databases, and nothing of the server or of neighbours', () => {
  const { root, folder, protections } = protectionsOf({
    isolation: 'permission',
    datasources: ['shop'],
    allow: ['wasi', 'read:/srv/images'],
  })
  const { flags = [], environment, user, home } = protections[0] ?? {}
  const of = (flag: string) => flags.filter((one) => one.startsWith(`${flag}=`)).map((one) => one.slice(flag.length + 1))
  expect(user).toBeUndefined()
  expect(flags.filter((flag) => !flag.includes('='))).toEqual(['--permission', '--allow-wasi', '--allow-worker'])
  expect(of('--allow-fs-write')).toEqual([
    home?.root,
    join(folder.accessLogs, 'shop.log'),
    join(folder.accessLogs, '_server.log'),
    join(root, 'shop.db'),
  ])
  expect(of('--allow-fs-read')).toEqual(
    expect.arrayContaining(['/apps/shop', '/apps/node_modules/*', '/srv/images', join(root, 'shop.db')]),
  )
  const isWithin = (path: string, folders: readonly string[]): boolean => folders.some((one) => path === one || path.startsWith(`${one}/`))
  for (const path of [root, folder.run, folder.spool, join(root, 'secrets.yaml'), '/etc/passwd', '/apps/blog/index.js'])
    expect(isWithin(path, [...of('--allow-fs-read'), ...of('--allow-fs-write')])).toBe(false)
  expect(environment?.['TMPDIR']).toBe(join(root, 'homes/shop/tmp'))
})

test('for a realm it reads the file of its users, and no other', () => {
  const flags = protectionsOf({ isolation: 'permission', sessions: ['visitors'], realms: ['staff'] }).protections[0]?.flags
  expect(flags).toContain('--allow-fs-read=/etc/staff.json')
  expect(flags).not.toContain('--allow-fs-read=/etc/others.json')
})

test('worker pools have threads', () => {
  expect(protectionsOf({ isolation: 'permission', workerPools: ['images'] }).protections[0]?.flags).toContain('--allow-worker')
  expect(protectionsOf({ isolation: 'permission' }).protections[0]?.flags).not.toContain('--allow-worker')
})

test('for a database server it reads the file of the password, and needs no threads', () => {
  const flags = protectionsOf({ isolation: 'permission', datasources: ['till'] }).protections[0]?.flags
  expect(flags).toContain('--allow-fs-read=/etc/till')
  expect(flags).not.toContain('--allow-worker')
})

test('with a user of its own it has a home, a socket for the names of its instances, and no flag', () => {
  const { root, protections } = protectionsOf({ isolation: 'user', replicas: 2 })
  const [{ flags, environment, user, socket } = {}] = protections
  expect(flags).toEqual([])
  expect(environment).toMatchObject({
    HOME: join(root, 'homes/shop'),
    SPYGLASS_SPOOL_FOLDER: join(root, 'homes/shop/spool'),
    USER: String(user?.uid),
  })
  expect(socket).toEqual({ path: join(root, 'sockets/shop.sock'), sources: ['shop-1', 'shop-2'], gid: user?.gid })
  expect(protectionsOf({ isolation: 'user', user: 'nobody' }).protections[0]?.environment['USER']).toBe('nobody')
})

test('homes of the permission level are made without opening the data folder', () => {
  const { folder, protections } = protectionsOf({ isolation: 'permission' })
  prepareProtections(protections, folder)
  expect(ensureDataFolder(folder.root).homes).toBe(folder.homes)
})

test('status says what each level in use guarantees, weakest first', () => {
  const instance = (name: string, isolation: string) => ({ name: `instance.${name}`, kind: 'instance', values: { name, isolation } })
  const lines = statusLines([instance('shop-1', 'user'), instance('blog-1', 'own'), instance('shop-2', 'user')] as never)
  expect(lines.slice(3)).toEqual([
    expect.stringMatching(/^ {2}isolation own: .*neighbours can be read$/),
    expect.stringMatching(/^ {2}isolation user: own processes under an own user/),
  ])
})
