import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadApplicationFile } from '../../../../runtime/process/src/config/application-file.ts'
import { tempFolder } from '../../../support/temp-folder.ts'

function load(text: string) {
  const path = join(tempFolder(), 'spyglass.app.yaml')
  writeFileSync(path, text)
  return loadApplicationFile(path)
}

test('every setting is optional', () => {
  expect(load('')).toEqual({})
  expect(load('worker: true\nport: 0')).toEqual({ worker: true, port: 0 })
})

test('all mistakes are listed at once, each with its name', () => {
  expect(() => load('wroker: true\nport: 70000')).toThrow(
    expect.objectContaining({
      code: 'SPY_APPLICATION_FILE_INVALID',
      message: expect.stringMatching(/wroker[\s\S]*port|port[\s\S]*wroker/) as string,
    }),
  )
  expect(() => load('a: [')).toThrow(expect.objectContaining({ code: 'SPY_APPLICATION_FILE_INVALID' }))
})
