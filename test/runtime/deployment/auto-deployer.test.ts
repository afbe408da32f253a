import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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
  const open = (): AutoDeployer =>
    new AutoDeployer({ folder, stateFile: join(root, 'state.json'), intervalMs: 1, deployer, onDamage: () => {}, log: { warn: () => {} } })
  function put(name: string, text: string): void {
    mkdirSync(join(folder, name), { recursive: true })
    writeFileSync(join(folder, name, 'index.js'), text)
  }
  async function looks(deployer: AutoDeployer, count: number): Promise<string[]> {
    for (let i = 0; i < count; i++) await deployer.look()
    return done.splice(0)
  }
  return { folder, open, put, looks }
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
  const { folder, put } = world()
  put('shop', 'one')
  for (const name of ['a.tgz', 'b.zip', 'readme.txt', '.hidden.tgz', 'shop.failed']) writeFileSync(join(folder, name), name)
  const before = await lookAt(folder)
  expect([...before.keys()].sort()).toEqual(['a.tgz', 'b.zip', 'shop'])
  writeFileSync(join(folder, 'shop/more.js'), '')
  const after = await lookAt(folder)
  expect(after.get('shop')).not.toBe(before.get('shop'))
  expect(after.get('a.tgz')).toBe(before.get('a.tgz'))
  expect(await lookAt(join(folder, 'nothing'))).toEqual(new Map())
})
