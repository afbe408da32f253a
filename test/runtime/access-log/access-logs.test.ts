import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import pino from 'pino'
import { expect, test } from 'vitest'
import { AccessLogs } from '../../../runtime/src/access-log/access-logs.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { entryOf } from './entry.ts'

/** Access logs of one process in a folder that may change, and the applications whose settings were asked for. */
function accessLogs() {
  const root = tempFolder()
  const state = { folder: join(root, 'before'), asked: [] as string[] }
  const logs = new AccessLogs({
    configOf(application) {
      state.asked.push(application)
      return { enabled: true, format: 'json', to: 'file', file: join(state.folder, `${application}.log`) }
    },
    instance: 'http-1',
    logger: pino({ enabled: false }),
  })
  return { root, state, logs }
}

test('a log that is stopped is closed and forgotten: new settings concern the others alone', async () => {
  const { root, state, logs } = accessLogs()
  const [gone, stays] = [logs.open('gone'), logs.open('stays')]
  gone.write(entryOf('/last'))
  await gone.stop()
  state.folder = join(root, 'after')
  state.asked = []
  logs.changed()
  expect(state.asked).toEqual(['stays'])
  for (const log of [gone, stays]) log.write(entryOf('/a'))
  await logs.flush()
  expect(readFileSync(join(root, 'before', 'gone.log'), 'utf8')).toContain('/last')
  expect(['gone', 'stays'].map((name) => existsSync(join(root, 'after', `${name}.log`)))).toEqual([false, true])
})

test('a log that is being stopped opens no file of its new settings', async () => {
  const { root, state, logs } = accessLogs()
  const log = logs.open('shop')
  log.write(entryOf('/a'))
  state.folder = join(root, 'after')
  const stopped = log.stop()
  logs.changed()
  log.write(entryOf('/b'))
  await stopped
  await log.flush()
  expect(
    readFileSync(join(root, 'before', 'shop.log'), 'utf8')
      .trimEnd()
      .split('\n'),
  ).toHaveLength(1)
  expect(existsSync(join(root, 'after', 'shop.log'))).toBe(false)
})
