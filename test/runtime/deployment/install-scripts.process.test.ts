import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dataFolder } from '@spyglass/process/checked-config'
import { homeOf, makeHome, type ProcessUser } from '@spyglass/process/isolation'
import { expect, test } from 'vitest'
import { defaultLimits } from '../../../runtime/src/deployment/archive/entry.ts'
import { runInstallScripts } from '../../../runtime/src/deployment/install-scripts.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const isRoot = process.platform === 'linux' && process.getuid?.() === 0
const user: ProcessUser = { uid: 0x70_12_34_56, gid: 0x70_12_34_56 }

/** A version whose package has an install script, and a home of its user below a folder that everybody may pass. */
function world(script: string, own: Readonly<Record<string, string>> = {}) {
  const root = tempFolder()
  chmodSync(root, 0o711)
  const folder = dataFolder(join(root, 'data'))
  for (const path of [folder.root, folder.homes]) {
    mkdirSync(path)
    chmodSync(path, 0o711)
  }
  const home = homeOf(folder, 'shop')
  makeHome(home, user)
  const version = join(root, '1')
  mkdirSync(join(version, 'node_modules/dep'), { recursive: true })
  mkdirSync(join(version, 'node_modules/.bin'))
  writeFileSync(
    join(version, 'package.json'),
    JSON.stringify({ name: 'shop', version: '1.0.0', dependencies: { dep: '1.0.0' }, scripts: own }),
  )
  const dep = { name: 'dep', version: '1.0.0', bin: { dep: 'run.js' }, scripts: { install: `node -e ${JSON.stringify(script)}` } }
  writeFileSync(join(version, 'node_modules/dep/package.json'), JSON.stringify(dep))
  writeFileSync(join(version, 'node_modules/dep/run.js'), '#!/usr/bin/env node\n', { mode: 0o755 })
  symlinkSync('../dep/run.js', join(version, 'node_modules/.bin/dep'))
  const file = join(root, 'uploads/shop.tar')
  const run = (over: object = {}): Promise<string> =>
    runInstallScripts(version, { name: 'shop', user, home, timeoutMs: 120_000, limits: defaultLimits, file, ...over })
  return { version, home, run, file, at: (path: string) => join(version, path) }
}

const say = (expression: string): string => `require('fs').writeFileSync('made', JSON.stringify(${expression}))`

test.runIf(isRoot)('scripts run as the user of the application, and what they made belongs to the server', async () => {
  process.env['NPM_TOKEN'] = 'canary'
  const { at, run, home, file } = world(
    say('{ uid: process.getuid(), groups: process.getgroups(), env: process.env, cwd: process.cwd() }'),
    {
      postinstall: `node -e "require('fs').writeFileSync('own', String(process.getuid()))"`,
    },
  )
  await run()
  delete process.env['NPM_TOKEN']
  const made = JSON.parse(readFileSync(at('node_modules/dep/made'), 'utf8')) as { env: Record<string, string> }
  expect(made).toMatchObject({
    uid: user.uid,
    groups: [user.gid],
    env: { HOME: home.root, TMPDIR: home.temporary },
    cwd: expect.stringContaining(home.temporary) as string,
  })
  expect(JSON.stringify(made)).not.toContain('canary')
  expect(readFileSync(at('own'), 'utf8')).toBe(String(user.uid))
  expect([
    lstatSync(at('own')).uid,
    lstatSync(at('node_modules/.bin/dep')).isSymbolicLink(),
    lstatSync(at('node_modules/dep/run.js')).mode & 0o111,
  ]).toEqual([0, true, 0o111])
  expect([existsSync(file), existsSync(join(home.temporary, 'install'))]).toEqual([false, false])
})

test.runIf(isRoot)('what they made is checked like an archive of a stranger', async () => {
  const link = world(`require('fs').symlinkSync('/etc/passwd', 'passwd')`)
  await expect(link.run()).rejects.toMatchObject({ code: 'SPY_ARCHIVE_ENTRY', message: expect.stringContaining('leads out') as string })
  expect(existsSync(link.version)).toBe(false)
  const large = world(`require('fs').writeFileSync('large', Buffer.alloc(3e6))`)
  await expect(large.run({ limits: { ...defaultLimits, maxBytes: 1e6, maxEntries: 100 } })).rejects.toMatchObject({
    code: 'SPY_ARCHIVE_LIMIT',
  })
  expect(existsSync(large.file)).toBe(false)
})

test.runIf(isRoot)('a script that fails or hangs ends the installation, with what it said', async () => {
  await expect(world('console.error("no compiler"); process.exit(3)').run()).rejects.toMatchObject({
    code: 'SPY_INSTALL_FAILED',
    message: expect.stringContaining('no compiler') as string,
  })
  const hanging = world(`console.error('pid ' + process.pid); setInterval(() => {}, 1000)`)
  const error = await hanging.run({ timeoutMs: 5000 }).catch((reason: unknown) => reason as { code: string; message: string })
  expect(error).toMatchObject({ code: 'SPY_INSTALL_TIMEOUT' })
  expect(existsSync(hanging.file)).toBe(false)
})
