/** The file of the history, on a disk that fails. */
import fs, { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { openHistory } from '../../../runtime/src/administration/history-file.ts'
import { descriptorsOn } from '../../support/descriptors.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const entryOf = (change: number) => ({ change, time: 0, actor: 'anna', verb: 'set', names: [], changed: [] }) as const

/** These calls fail from now on; returns what heals them. */
function failing(...calls: readonly ('readFileSync' | 'renameSync' | 'ftruncateSync')[]): () => void {
  const spies = calls.map((call) =>
    vi.spyOn(fs, call).mockImplementation(() => {
      throw Object.assign(new Error(`EIO: ${call}`), { code: 'EIO' })
    }),
  )
  syncBuiltinESMExports()
  const heal = (): void => {
    for (const spy of spies) spy.mockRestore()
    syncBuiltinESMExports()
  }
  onTestFinished(heal)
  return heal
}

test('a history that can neither be read nor moved away is never shortened, and no descriptor stays open', () => {
  const folder = tempFolder()
  const path = join(folder, 'history.jsonl')
  const before = openHistory(path)
  before.append(entryOf(1))
  before.close()
  const content = readFileSync(path)
  const heal = failing('readFileSync', 'renameSync')
  const onProblem = vi.fn<(message: string) => void>()
  const history = openHistory(path, onProblem)
  expect(() => history.append(entryOf(2))).toThrow('EIO: renameSync')
  heal()
  expect(onProblem).toHaveBeenCalledWith(
    expect.stringMatching(/^the history cannot be read: EIO.*; changes are refused until it can be moved away: EIO/),
  )
  expect(readFileSync(path)).toEqual(content)
  expect(descriptorsOn(path)).toBe(0)
  history.append(entryOf(2))
  history.close()
  const aside = readdirSync(folder).find((name) => name.startsWith('history.jsonl.damaged-'))
  expect(readFileSync(join(folder, aside ?? ''))).toEqual(content)
  expect(history.entries()).toMatchObject([{ change: 2 }])
})

test('a history that cannot be opened whole leaves no descriptor, however often it is tried', () => {
  const path = join(tempFolder(), 'history.jsonl')
  const heal = failing('ftruncateSync')
  const history = openHistory(path)
  for (let i = 0; i < 5; i++) expect(() => history.append(entryOf(1))).toThrow('EIO: ftruncateSync')
  heal()
  expect(descriptorsOn(path)).toBe(0)
})

test('a history that is longer than memory should hold is moved away unread, and a new one begins', () => {
  const path = join(tempFolder(), 'history.jsonl')
  writeFileSync(path, '')
  truncateSync(path, 600_000_000) // no JavaScript string is as long
  const onProblem = vi.fn<(message: string) => void>()
  const history = openHistory(path, onProblem)
  history.append(entryOf(1))
  history.close()
  expect(history.entries()).toMatchObject([{ change: 1 }])
  expect(onProblem.mock.calls).toEqual([[expect.stringMatching(/it has 600000000 bytes.*a new one begins$/)]])
})
