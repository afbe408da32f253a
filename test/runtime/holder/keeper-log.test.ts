import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openKeeperLog } from '../../../runtime/src/holder/keeper-log.ts'
import { tempFolder } from '../../support/temp-folder.ts'

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
