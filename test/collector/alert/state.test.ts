import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createLogger } from '@spyglass/process/logger'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openState } from '../../../collector/src/alert/state.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const logger = createLogger({ process: 'test', level: 'silent' })

test('what was saved is there for the next process, and no other file stays behind', () => {
  const folder = tempFolder()
  const { state, save } = openState(folder, logger)
  state.sequence = 7
  state.crashes['a'] = [1, 2]
  save()
  expect(openState(folder, logger).state).toEqual(state)
  expect(readdirSync(folder)).toEqual(['alerts.json'])
})

test('a file that is no state, whatever is in it, is set aside, and alerting starts from nothing', () => {
  const folder = tempFolder()
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), fc.constant('{"version":2}')), (text) => {
      writeFileSync(join(folder, 'alerts.json'), text)
      expect(openState(folder, logger).state.incidents).toEqual([])
      expect(readdirSync(folder).some((name) => name.startsWith('alerts.json.damaged-'))).toBe(true)
      for (const name of readdirSync(folder)) rmSync(join(folder, name))
    }),
    { numRuns: 50 },
  )
})

test('a folder that cannot be written is logged and does not stop alerting', () => {
  const { save } = openState(join(tempFolder(), 'missing'), logger)
  expect(save).not.toThrow()
})
