import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sightingsLine } from '../../../agent/src/agent/tell-sightings.ts'
import type { Instrumentation } from '../../../agent/src/instrument/instrumentation.ts'
import { packageFileOf } from '../../../agent/src/instrument/package-file.ts'
import { Sightings } from '../../../agent/src/instrument/sightings.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const row = (name: string, library: string | undefined): Instrumentation => ({
  name,
  by: 'module hook',
  records: '',
  kinds: [],
  forms: [],
  ...(library === undefined ? {} : { package: library, versions: ['2.0.0', '3.0.0'] as const }),
  attach: () => [],
})
const [node, db, queue] = [row('node', undefined), row('db', 'db'), row('queue', 'queue')] as const

function fileOf(library: string, version: string) {
  const folder = join(tempFolder(), 'node_modules', library)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: library, version }))
  return packageFileOf(join(folder, 'index.js'))!
}

test('each library is unseen until it is loaded, then recorded, too old or too new', () => {
  const sightings = new Sightings([node, db, queue], new Set())
  expect(sightings.all().map(({ status }) => status)).toEqual(['recorded', 'unseen', 'unseen'])
  expect(sightings.loaded(db, fileOf('db', '2.5.0'))).toBe(true)
  expect(sightings.loaded(queue, fileOf('queue', '1.9.9'))).toBe(false)
  expect(sightingsLine(sightings.all())).toBe('recorded: node, db 2.5.0; too old: queue 1.9.9')
})

test('of several copies the one that is not recorded is told, and each is treated by its own version', () => {
  const sightings = new Sightings([db], new Set())
  const [old, good] = [fileOf('db', '1.0.0'), fileOf('db', '2.0.0')]
  expect([sightings.loaded(db, good), sightings.loaded(db, old), sightings.loaded(db, good)]).toEqual([true, false, true])
  expect(sightings.all()).toEqual([{ name: 'db', status: 'too old', version: '1.0.0' }])
})

test('a bundle is told once, and what is switched off stays so', () => {
  const sightings = new Sightings([db, queue], new Set(['queue']))
  expect([sightings.bundled('db', 'a.js'), sightings.bundled('db', 'b.js'), sightings.bundled('queue', 'a.js')]).toEqual([
    true,
    false,
    false,
  ])
  sightings.failed('queue')
  expect(sightings.all().map(({ status }) => status)).toEqual(['bundled', 'off'])
})
