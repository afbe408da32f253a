import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import net, { type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { packTar } from 'modern-tar'
import { expect, onTestFinished, test } from 'vitest'
import { installPackages } from '../../../runtime/src/deployment/install.ts'
import { tempFolder } from '../../support/temp-folder.ts'

/** A package in an archive, whose install script leaves a file named `ran` beside it. */
async function writePackage(folder: string, name: string): Promise<void> {
  const script = `require('fs').writeFileSync('ran', JSON.stringify(process.env))`
  const manifest = JSON.stringify({ name, version: '1.0.0', scripts: { install: `node -e ${JSON.stringify(script)}` } })
  const tar = await packTar([{ header: { name: 'package/package.json', size: manifest.length }, body: manifest }])
  writeFileSync(join(folder, `${name}.tgz`), gzipSync(tar))
}

/** An application with a package that it needs and one for development. `resolved`: where the lock file says that the first one is. */
async function application(resolved = 'file:dep.tgz', spec = 'file:dep.tgz'): Promise<string> {
  const folder = join(tempFolder(), 'app')
  mkdirSync(folder)
  for (const name of ['dep', 'tool']) await writePackage(folder, name)
  const own = { name: 'app', version: '1.0.0', dependencies: { dep: spec }, devDependencies: { tool: 'file:tool.tgz' } }
  const packages = {
    '': own,
    'node_modules/dep': { version: '1.0.0', resolved, hasInstallScript: true },
    'node_modules/tool': { version: '1.0.0', resolved: 'file:tool.tgz', hasInstallScript: true, dev: true },
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(own))
  const lock = { name: 'app', version: '1.0.0', lockfileVersion: 3, requires: true, packages }
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock))
  return folder
}

const options = () => ({ name: 'shop', cache: join(tempFolder(), 'cache'), timeoutMs: 120_000 })

test('the packages of the lock file are there, without those for development; their scripts have not run', async () => {
  const folder = await application()
  const own = options()
  expect(await installPackages(folder, own)).toMatch(/^added 1 package in /m)
  expect(readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual(['dep'])
  expect(existsSync(join(folder, 'node_modules/dep/ran'))).toBe(false)
  expect(existsSync(own.cache)).toBe(true)
})

test('scripts run where they are allowed, and see nothing of the environment of the server', async () => {
  const folder = await application()
  const environment = { ...process.env, SPYGLASS_TOKEN: 'canary', npm_config_registry: 'http://127.0.0.1:9/' }
  await installPackages(folder, { ...options(), withScripts: true, environment })
  const seen: unknown = JSON.parse(readFileSync(join(folder, 'node_modules/dep/ran'), 'utf8'))
  expect(seen).toMatchObject({ NODE_ENV: 'production', npm_config_registry: 'http://127.0.0.1:9/' })
  expect(JSON.stringify(seen)).not.toContain('canary')
})

test('a lock file that does not fit, or none, or that of another program is refused with what to do', async () => {
  const folder = await application()
  writeFileSync(
    join(folder, 'package.json'),
    '{"name":"app","version":"1.0.0","dependencies":{"dep":"file:dep.tgz","extra":"file:tool.tgz"}}',
  )
  await expect(installPackages(folder, options())).rejects.toMatchObject({
    code: 'SPY_INSTALL_FAILED',
    message: expect.stringMatching(/^npm could not install .*\nnpm error/s) as string,
  })
  const none = tempFolder()
  await expect(installPackages(none, options())).rejects.toMatchObject({ code: 'SPY_INSTALL_NO_LOCK' })
  writeFileSync(join(none, 'pnpm-lock.yaml'), '')
  await expect(installPackages(none, options())).rejects.toMatchObject({
    code: 'SPY_INSTALL_MANAGER',
    message: expect.stringContaining('pnpm') as string,
  })
})

test('an installation that hangs is ended with everything that it started', async () => {
  const sockets = new Set<net.Socket>()
  const silent = net.createServer((socket) => void sockets.add(socket)).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    silent.close()
  })
  const folder = await application(`http://127.0.0.1:${(silent.address() as AddressInfo).port}/dep.tgz`, '1.0.0')
  const installing = installPackages(folder, { ...options(), timeoutMs: 20_000 })
  const [socket] = (await once(silent, 'connection')) as [net.Socket]
  socket.resume()
  const ended = once(socket, 'close')
  await expect(installing).rejects.toMatchObject({ code: 'SPY_INSTALL_TIMEOUT' })
  await ended
})

test('without npm that is said', async () => {
  const environment = { PATH: tempFolder() }
  await expect(installPackages(await application(), { ...options(), environment })).rejects.toMatchObject({ code: 'SPY_INSTALL_NO_NPM' })
})
