import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { openKeeperLog } from '../../../runtime/src/holder/keeper-log.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { until } from '../../support/until.ts'

test('a line of the keeper has the shape of a pino line and is appended', async () => {
  const file = join(tempFolder(), 'server.log')
  for (const message of ['first', 'second\nline']) {
    const log = openKeeperLog(file)
    log.warn({ part: 'store' }, message)
    await log.close()
  }
  const lines = readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(lines).toMatchObject([
    { level: 'warn', process: 'keeper', part: 'store', msg: 'first', time: expect.stringMatching(/Z$/) },
    { msg: 'second\nline' },
  ])
})

test('a pipe in place of the log is an error, not a start that waits for a reader', () => {
  const file = join(tempFolder(), 'server.log')
  execFileSync('mkfifo', [file])
  expect(() => openKeeperLog(file)).toThrow(expect.objectContaining({ code: 'SPY_LOG_UNWRITABLE' }))
})

test('a line of the keeper holds no secret of the reason that it quotes', async () => {
  const file = join(tempFolder(), 'server.log')
  const log = openKeeperLog(file)
  log.error({ reason: 'Error: postgres://bob:hunter2@db/x refused', token: 'hunter2' }, 'failed: password=hunter2')
  await log.close()
  expect(readFileSync(file, 'utf8')).not.toContain('hunter2')
})

test('a process may have a file of its own for its output, with its name in each line; a rotated one is left like the server log', async () => {
  const folder = tempFolder()
  const [file, own] = [join(folder, 'server.log'), join(folder, 'output/shop.log')]
  const log = openKeeperLog(file)
  const output = new PassThrough()
  log.attach({ process: 'shop-1', application: 'shop', pid: 7, file: own }, output, null)
  log.attach({ process: 'blog-1', application: 'blog', pid: 8, file: undefined }, Readable.from([Buffer.from('of the blog\n')]), null)
  output.write('one\n')
  await until(() => existsSync(own) && readFileSync(own, 'utf8').includes('one'))
  renameSync(own, `${own}-old`)
  log.reopen()
  output.end('two\n')
  await until(() => existsSync(own) && readFileSync(own, 'utf8').includes('two'))
  await log.close()
  expect(JSON.parse(readFileSync(own, 'utf8'))).toMatchObject({ msg: 'two', application: 'shop', process: 'shop-1' })
  expect(readFileSync(`${own}-old`, 'utf8')).not.toContain('two')
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ msg: 'of the blog', application: 'blog' })
})
