import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { AutoDeployer } from '../../../runtime/src/deployment/auto-deployer.ts'
import { lookAt } from '../../../runtime/src/deployment/look.ts'
import { tempFolder } from '../../support/temp-folder.ts'

function world() {
  const root = tempFolder()
  const folder = join(root, 'deploy')
  mkdirSync(folder)
  const done: string[] = []
  const deployer = {
    async deploy({ source }: { source: string }, actor: string) {
      const text = readFileSync(join(source, 'index.js'), 'utf8')
      if (text === 'broken') throw new SyntaxError('broken on purpose')
      done.push(`${actor} deploy ${text}`)
      return ''
    },
    async undeploy(name: string, actor: string) {
      done.push(`${actor} undeploy ${name}`)
      return ''
    },
  }
  const dataRoot = join(root, 'data')
  mkdirSync(join(dataRoot, 'run'), { recursive: true })
  const open = (): AutoDeployer =>
    new AutoDeployer({
      folder,
      dataRoot,
      stateFile: join(root, 'state.json'),
      intervalMs: 1,
      deployer,
      onDamage: () => {},
      log: { warn: () => {} },
    })
  function put(name: string, text: string): void {
    mkdirSync(join(folder, name), { recursive: true })
    writeFileSync(join(folder, name, 'index.js'), text)
  }
  async function looks(deployer: AutoDeployer, count: number): Promise<string[]> {
    for (let i = 0; i < count; i++) await deployer.look()
    return done.splice(0)
  }
  const failureOf = (name: string): string => readFileSync(join(folder, `${name}.failed`), 'utf8')
  return { root, dataRoot, folder, open, put, looks, failureOf }
}

test('a folder that is put there is deployed after two looks, again when it changes, and undeployed when it is removed', async () => {
  const { folder, open, put, looks } = world()
  const deployer = open()
  put('shop', 'one')
  expect(await looks(deployer, 1)).toEqual([])
  expect(await looks(deployer, 3)).toEqual(['auto-deploy deploy one'])
  put('shop', 'two!')
  expect(await looks(deployer, 3)).toEqual(['auto-deploy deploy two!'])
  rmSync(join(folder, 'shop'), { recursive: true })
  expect(await looks(deployer, 3)).toEqual(['auto-deploy undeploy shop'])
})

test('what cannot be deployed says why in NAME.failed, is not tried again as it is, and the file goes with the reason', async () => {
  const { folder, open, put, looks } = world()
  const deployer = open()
  put('shop', 'broken')
  expect(await looks(deployer, 4)).toEqual([])
  expect(readFileSync(join(folder, 'shop.failed'), 'utf8')).toContain('broken on purpose')
  put('shop', 'fixed')
  expect(await looks(deployer, 3)).toEqual(['auto-deploy deploy fixed'])
  expect(existsSync(join(folder, 'shop.failed'))).toBe(false)
  put('shop', 'broken')
  await looks(deployer, 3)
  rmSync(join(folder, 'shop'), { recursive: true })
  expect(await looks(deployer, 3)).toEqual(['auto-deploy undeploy shop'])
  expect(existsSync(join(folder, 'shop.failed'))).toBe(false)
})

test('a restart deploys nothing twice, and undeploys what was removed meanwhile', async () => {
  const { folder, open, put, looks } = world()
  put('shop', 'one')
  put('office', 'two')
  expect((await looks(open(), 3)).sort()).toEqual(['auto-deploy deploy one', 'auto-deploy deploy two'])
  expect(await looks(open(), 3)).toEqual([])
  rmSync(join(folder, 'shop'), { recursive: true })
  expect(await looks(open(), 3)).toEqual(['auto-deploy undeploy shop'])
})

test('a look sees folders and archives, not other files, and any change in them', async () => {
  const { dataRoot, folder, put } = world()
  put('shop', 'one')
  for (const name of ['a.tgz', 'b.zip', 'readme.txt', '.hidden.tgz', 'shop.failed']) writeFileSync(join(folder, name), name)
  const before = await lookAt({ folder, dataRoot })
  expect([...before.keys()].sort()).toEqual(['a.tgz', 'b.zip', 'shop'])
  writeFileSync(join(folder, 'shop/more.js'), '')
  const after = await lookAt({ folder, dataRoot })
  expect(after.get('shop')).not.toBe(before.get('shop'))
  expect(after.get('a.tgz')).toBe(before.get('a.tgz'))
  expect(await lookAt({ folder: join(folder, 'nothing'), dataRoot })).toEqual(new Map())
})

test('a link to a folder is deployed as the folder is, again when that changes or the link leads elsewhere, and undeployed with the link', async () => {
  const { root, folder, open, looks } = world()
  for (const release of ['r1', 'r2']) {
    mkdirSync(join(root, release))
    writeFileSync(join(root, release, 'index.js'), release)
  }
  const deployer = open()
  const link = (target: string): void => {
    rmSync(join(folder, 'shop'), { force: true })
    symlinkSync(target, join(folder, 'shop'))
  }
  link(join(root, 'r1'))
  expect(await looks(deployer, 3)).toEqual(['auto-deploy deploy r1'])
  writeFileSync(join(root, 'r1/index.js'), 'r1 changed')
  expect(await looks(deployer, 3)).toEqual(['auto-deploy deploy r1 changed'])
  link('../r2')
  expect(await looks(deployer, 3)).toEqual(['auto-deploy deploy r2'])
  rmSync(join(folder, 'shop'))
  expect(await looks(deployer, 3)).toEqual(['auto-deploy undeploy shop'])
  expect(existsSync(join(root, 'r2/index.js'))).toBe(true)
})

test('a link to an archive is one to deploy, a link to another file is none', async () => {
  const { root, dataRoot, folder } = world()
  for (const name of ['shop-1.2.tgz', 'notes.txt']) writeFileSync(join(root, name), name)
  symlinkSync('../shop-1.2.tgz', join(folder, 'shop.tgz'))
  symlinkSync('../notes.txt', join(folder, 'notes'))
  const before = await lookAt({ folder, dataRoot })
  expect([...before.keys()]).toEqual(['shop.tgz'])
  writeFileSync(join(root, 'shop-1.2.tgz'), 'another content')
  expect((await lookAt({ folder, dataRoot })).get('shop.tgz')).not.toBe(before.get('shop.tgz'))
})

test('a link that leads nowhere or in a circle is named in NAME.failed, once, and deployed when it is right', async () => {
  const { root, folder, open, looks, failureOf } = world()
  symlinkSync(join(root, 'later'), join(folder, 'shop'))
  symlinkSync('circle', join(folder, 'ring'))
  symlinkSync('ring', join(folder, 'circle'))
  const deployer = open()
  expect(await looks(deployer, 4)).toEqual([])
  expect(failureOf('shop')).toContain(`the link leads to nothing (${join(root, 'later')})`)
  expect(failureOf('ring')).toContain('the link leads back to itself (circle)')
  mkdirSync(join(root, 'later'))
  writeFileSync(join(root, 'later/index.js'), 'now')
  expect(await looks(deployer, 3)).toEqual(['auto-deploy deploy now'])
  expect(existsSync(join(folder, 'shop.failed'))).toBe(false)
})

test('a link into the data folder of the server, or to a folder that this or the auto-deploy folder is in, is refused', async () => {
  const { root, dataRoot, folder, open, looks, failureOf } = world()
  writeFileSync(join(dataRoot, 'index.js'), 'secret')
  writeFileSync(join(dataRoot, 'run/index.js'), 'secret')
  symlinkSync('data', join(root, 'way')) // a detour
  for (const [name, target] of Object.entries({ whole: dataRoot, run: join(root, 'way/run'), above: root, root: '/' }))
    symlinkSync(target, join(folder, name))
  expect(await looks(open(), 4)).toEqual([])
  expect(failureOf('run')).toContain(`the link leads into the data folder of the server (${join(dataRoot, 'run')})`)
  for (const name of ['whole', 'above', 'root']) expect(failureOf(name)).toMatch(/the link leads to a folder that the .* is in/)
})
