import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { positionFile } from '../../../snmp-bridge/src/notification/event-position.ts'

function open(name = 'snmp-events.json') {
  const folder = mkdtempSync(join(tmpdir(), 'spyglass-position-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const failures: unknown[] = []
  const file = join(folder, name)
  return { file, failures, position: positionFile(file, { onFailure: (error) => failures.push(error) }) }
}

test('what was written is read again, until it is cleared', () => {
  const { position, failures } = open()
  expect(position.read()).toBeUndefined()
  position.write({ client: 'a' })
  expect(position.read()).toEqual({ client: 'a', lastId: undefined })
  position.write({ client: 'a', lastId: '12' })
  expect(position.read()).toEqual({ client: 'a', lastId: '12' })
  position.clear()
  expect(position.read()).toBeUndefined()
  expect(failures).toEqual([])
})

test.each(['', '{', '5', 'null', '{"client":7}'])('a file that holds %j counts as none', (text) => {
  const { file, position } = open()
  writeFileSync(file, text)
  expect(position.read()).toBeUndefined()
})

test('a failed write is reported, and nothing is thrown', () => {
  const { position, failures } = open('no-such-folder/snmp-events.json')
  position.write({ client: 'a' })
  expect(failures).toHaveLength(1)
})
