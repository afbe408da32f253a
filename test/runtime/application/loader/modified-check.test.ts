import { appendFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ModifiedCheck } from '../../../../runtime/src/application/loader/modified-check.ts'
import { tempFolder } from '../../../support/temp-folder.ts'

async function watching() {
  const folder = tempFolder()
  const [one, two] = [join(folder, 'one.js'), join(folder, 'two.js')]
  for (const file of [one, two]) writeFileSync(file, '')
  const told: (readonly string[])[] = []
  const files = new Map([one, two, join(folder, 'package.json')].map((file) => [file, Date.now() + 1000]))
  const check = new ModifiedCheck({ files: () => files, onModified: (changed) => told.push(changed), intervalMs: 3_600_000 })
  await check.start()
  onTestFinished(() => check.stop())
  return { check, told, one, two, files, folder }
}

test('a change counts when two looks in a row see the same, and is told once', async () => {
  const { check, told, one } = await watching()
  await check.look()
  appendFileSync(one, 'a')
  await check.look()
  expect(told).toEqual([])
  await check.look()
  expect(told).toEqual([[one]])
  await check.look()
  await check.look()
  expect(told).toHaveLength(1)
})

test('while a file goes on changing nothing is told', async () => {
  const { check, told, one, two } = await watching()
  for (let i = 0; i < 5; i++) {
    appendFileSync(i % 2 ? one : two, 'more')
    await check.look()
  }
  expect(told).toEqual([])
  await check.look()
  expect(told[0]?.toSorted()).toEqual([one, two].toSorted())
})

test('removed, new and touched files are changes; one that was put back is none', async () => {
  const { check, told, one, two, folder } = await watching()
  rmSync(two)
  writeFileSync(join(folder, 'package.json'), '{}')
  await check.look()
  await check.look()
  expect(told[0]?.toSorted()).toEqual([join(folder, 'package.json'), two].toSorted())
  utimesSync(one, new Date(0), new Date(0))
  await check.look()
  await check.look()
  expect(told[1]).toEqual([one])
  utimesSync(one, new Date(1), new Date(1))
  await check.look()
  utimesSync(one, new Date(0), new Date(0))
  await check.look()
  await check.look()
  expect(told).toHaveLength(2)
})

test('files that were loaded later are looked at from then on', async () => {
  const { check, told, files, folder } = await watching()
  const later = join(folder, 'later.js')
  writeFileSync(later, '')
  files.set(later, Date.now() + 1000)
  await check.look()
  appendFileSync(later, 'changed')
  await check.look()
  await check.look()
  expect(told).toEqual([[later]])
})

test('a file that was written between its loading and the first look has changed', async () => {
  const { check, told, files, folder } = await watching()
  const quick = join(folder, 'quick.js')
  writeFileSync(quick, '')
  utimesSync(quick, new Date(), new Date(Date.now() - 1000))
  files.set(quick, Date.now() - 2000)
  for (let i = 0; i < 3; i++) await check.look()
  expect(told).toEqual([[quick]])
  for (let i = 0; i < 3; i++) await check.look()
  expect(told).toHaveLength(1)
})
