import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { SpyglassError } from '@spyglass/agent/contract'
import { packTar } from 'modern-tar'
import { expect, test } from 'vitest'
import { applicationName } from '../../../runtime/src/deployment/application-name.ts'
import { VersionStore } from '../../../runtime/src/deployment/version-store.ts'
import { tempFolder } from '../../support/temp-folder.ts'

function world(keep = 5) {
  const folder = tempFolder()
  const root = join(folder, 'applications')
  const damages: string[] = []
  const store = (): VersionStore => new VersionStore({ root, keep, onDamage: ({ reason }) => damages.push(reason), now: () => 5 })
  const source = join(folder, 'shop')
  mkdirSync(source)
  writeFileSync(join(source, 'package.json'), '{"version":"1.2.3"}')
  writeFileSync(join(source, 'index.js'), 'one')
  return { folder, root, store, source, damages }
}

test('a folder and an archive become versions, which stay as they were when their origin changes', async () => {
  const { folder, store, source, root } = world()
  mkdirSync(join(source, '.git'))
  const first = await store().add('shop', source, { actor: 'anna' })
  expect(first).toEqual({ version: 1, folder: join(root, 'shop/1'), deployed: 5, actor: 'anna', origin: source, packageVersion: '1.2.3' })
  writeFileSync(join(source, 'index.js'), 'two')
  const archive = join(folder, 'shop.tgz')
  writeFileSync(archive, gzipSync(await packTar([{ header: { name: 'package/index.js', size: 5 }, body: 'three' }])))
  const second = await store().add('shop', archive, { actor: 'bert' })
  expect([first, second].map(({ folder: code }) => readFileSync(join(code, 'index.js'), 'utf8'))).toEqual(['one', 'three'])
  expect(readdirSync(first.folder).sort()).toEqual(['index.js', 'package.json'])
  expect(store().list('shop')).toEqual([first, second])
  expect(store().find('shop', 2)).toEqual(second)
  expect(store().inFolder('shop', first.folder)).toEqual(first)
  expect(() => store().find('shop', 9)).toThrow(/no version 9; it has 1, 2/)
})

test('a link to a folder is that folder', async () => {
  const { folder, store, source, root } = world()
  symlinkSync('shop', join(folder, 'present'))
  const { folder: code } = await store().add('shop', join(folder, 'present'), { actor: 'anna' })
  expect(lstatSync(code).isDirectory()).toBe(true)
  expect(readFileSync(join(code, 'index.js'), 'utf8')).toBe('one')
  symlinkSync(folder, join(source, 'all'))
  symlinkSync(root, join(folder, 'kept'))
  await expect(store().add('shop', join(folder, 'kept'), { actor: 'anna' })).rejects.toMatchObject({ code: 'SPY_DEPLOY_SOURCE' })
})

test('numbers are never used again, and the versions in use are kept whatever their age', async () => {
  const { store, source } = world(1)
  for (let i = 0; i < 4; i++) await store().add('shop', source, { actor: 'anna' })
  const dropped = await store().prune('shop', ({ version }) => version === 1)
  expect(dropped.map(({ version }) => version)).toEqual([2, 3])
  expect(dropped.map(({ folder }) => existsSync(folder))).toEqual([false, false])
  expect(
    store()
      .list('shop')
      .map(({ version }) => version),
  ).toEqual([1, 4])
  const last = store().find('shop', 4)
  await store().remove('shop', last)
  expect((await store().add('shop', source, { actor: 'anna' })).version).toBe(5)
})

test('what fails leaves nothing behind', async () => {
  const { folder, store, source, root } = world()
  writeFileSync(join(folder, 'bad.tgz'), 'garbage')
  await expect(store().add('shop', join(folder, 'bad.tgz'), { actor: 'anna' })).rejects.toMatchObject({ code: 'SPY_ARCHIVE_BROKEN' })
  await expect(store().add('shop', join(folder, 'nothing'), { actor: 'anna' })).rejects.toMatchObject({ code: 'SPY_DEPLOY_SOURCE' })
  writeFileSync(join(folder, 'file.txt'), '')
  await expect(store().add('shop', join(folder, 'file.txt'), { actor: 'anna' })).rejects.toMatchObject({ code: 'SPY_ARCHIVE_KIND' })
  symlinkSync('../../etc', join(source, 'out'))
  await expect(store().add('shop', source, { actor: 'anna' })).rejects.toThrow(/link out leads out/)
  await expect(store().add('shop', folder, { actor: 'anna' })).rejects.toThrow(/versions of applications are kept in it/)
  expect(existsSync(join(root, 'shop'))).toBe(false)
  expect(store().list('shop')).toEqual([])
})

test('a refused first version leaves no folder of the application, and a refused later one leaves the others', async () => {
  const { store, source, root } = world()
  const refused = await store().add('shop', source, { actor: 'anna' })
  await store().remove('shop', refused)
  expect(readdirSync(root)).toEqual([])
  const first = await store().add('shop', source, { actor: 'anna' })
  await store().remove('shop', await store().add('shop', source, { actor: 'anna' }))
  expect(store().list('shop')).toEqual([first])
})

test('at a start, what killed deployments left is removed, and nothing that is known or in service', async () => {
  const { store, source, root, folder } = world()
  const kept = await store().add('kept', source, { actor: 'anna' })
  for (const path of ['killed/1.unpacking/a', 'kept/2/a', 'served/3/a', 'own/data/a']) mkdirSync(join(root, path), { recursive: true })
  writeFileSync(join(root, 'killed/versions.json'), '{"last":1,"versions":[]}')
  await store().clear([join(root, 'served/3'), folder])
  expect(readdirSync(root).sort()).toEqual(['kept', 'own', 'served'])
  expect([existsSync(kept.folder), existsSync(join(root, 'kept/2')), existsSync(join(root, 'served/3/a'))]).toEqual([true, false, true])
})

test('where the list of versions is lost, the version in service stays, and its number is not used again', async () => {
  const { store, source, root } = world()
  const first = await store().add('shop', source, { actor: 'anna' })
  for (const name of ['versions.json', 'versions.json.previous']) writeFileSync(join(root, 'shop', name), 'garbage')
  const second = await store().add('shop', source, { actor: 'anna', inService: first.folder })
  expect([second.version, existsSync(join(first.folder, 'index.js'))]).toEqual([2, true])
})

test('errors and the list of versions name an archive as its user does', async () => {
  const { folder, store } = world()
  const uploaded = join(folder, 'archive.tgz')
  writeFileSync(uploaded, 'garbage')
  await expect(store().add('shop', uploaded, { actor: 'anna', origin: 'shop-1.4.0.tgz', isUploaded: true })).rejects.toThrow(
    /the archive shop-1\.4\.0\.tgz cannot/,
  )
  writeFileSync(uploaded, gzipSync(await packTar([{ header: { name: 'package/index.js', size: 5 }, body: 'three' }])))
  expect(await store().add('shop', uploaded, { actor: 'anna', origin: 'shop-1.4.0.tgz', isUploaded: true })).toMatchObject({
    origin: 'shop-1.4.0.tgz',
  })
})

test('code is completed before the version counts, and no version is left if that fails', async () => {
  const { store, source, root } = world()
  mkdirSync(join(source, 'node_modules/old'), { recursive: true })
  const prepare = async (folder: string): Promise<void> => {
    expect(existsSync(join(folder, 'node_modules'))).toBe(false)
    throw new SpyglassError('SPY_INSTALL_FAILED', 'npm is sad', [])
  }
  const failing = store().add('shop', source, { actor: 'anna', prepare, installs: true })
  await expect(failing).rejects.toMatchObject({ code: 'SPY_INSTALL_FAILED' })
  expect(existsSync(join(root, 'shop'))).toBe(false)
  mkdirSync(join(root, 'shop/1'), { recursive: true }) // npm of a killed decider wrote on
  const second = await store().add('shop', source, { actor: 'anna', prepare: async (folder) => writeFileSync(join(folder, 'made'), '') })
  expect([second.version, existsSync(join(second.folder, 'made')), existsSync(join(root, 'shop/1'))]).toEqual([2, true, false])
})

test('a version that a killed deployment left half is not one', async () => {
  const { store, source, root } = world()
  mkdirSync(join(root, 'shop/1'), { recursive: true })
  writeFileSync(join(root, 'shop/1/half'), '')
  const { folder } = await store().add('shop', source, { actor: 'anna' })
  expect(readdirSync(folder).sort()).toEqual(['index.js', 'package.json'])
})

test('a damaged list is set aside', async () => {
  const { store, source, root, damages } = world()
  await store().add('shop', source, { actor: 'anna' })
  chmodSync(join(root, 'shop/versions.json'), 0o600)
  writeFileSync(join(root, 'shop/versions.json'), 'garbage')
  expect(store().list('shop')).toEqual([])
  expect(damages).toHaveLength(1)
})

test.for([
  ['/srv/shop', undefined, 'shop'],
  ['/srv/Shop-1.2.3.tgz', undefined, 'shop'],
  ['my app_v2.0.0-rc.1.tar.gz', undefined, 'my-app'],
  ['acme-shop-0.1.0.zip', undefined, 'acme-shop'],
  ['x', 'given', 'given'],
] as const)('%s with --name %s is %s', ([origin, given, name]) => {
  expect(applicationName(origin, given)).toBe(name)
})

test.for([
  ['/', undefined],
  ['商店.zip', undefined],
  ['x', 'Shop'],
  ['x', '../x'],
  ['x', ''],
] as const)('%s with --name %s has no name', ([origin, given]) => {
  expect(() => applicationName(origin, given)).toThrow(/cannot be the name/)
})
