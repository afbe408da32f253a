import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dataFolder } from '@spyglass/process/config'
import { expect, test } from 'vitest'
import { serverIdentity } from '@spyglass/process/server-identity'
import { tempFolder } from '../../../support/temp-folder.ts'

function folder() {
  const place = dataFolder(tempFolder())
  mkdirSync(place.state, { recursive: true })
  return place
}

test('the id is made once, and one of an early build is kept', () => {
  const place = folder()
  const id = serverIdentity(place)
  expect(serverIdentity(place)).toBe(id)
  writeFileSync(join(place.state, 'server-id'), '12345678-1234-1234-1234-123456789abc')
  expect(serverIdentity(place)).toBe('12345678-1234-1234-1234-123456789abc')
})

test.for(['empty', 'garbage', 'a folder'])('%s in its place is set aside and reported, and gives a new id that stays', (how) => {
  const place = folder()
  const file = join(place.state, 'server-id')
  const first = serverIdentity(place)
  rmSync(file)
  if (how === 'a folder') mkdirSync(file)
  else writeFileSync(file, how === 'empty' ? '' : 'garbage')
  const reasons: string[] = []
  const second = serverIdentity(place, ({ reason }) => reasons.push(reason))
  expect(second).not.toBe(first)
  expect(serverIdentity(place)).toBe(second)
  expect(reasons).toHaveLength(1)
  expect(readdirSync(place.state).filter((name) => name.includes('damaged'))).toHaveLength(1)
})
