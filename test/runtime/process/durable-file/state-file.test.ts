import { execFileSync } from 'node:child_process'
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { type Damage, openStateFile, writeIfChanged } from '@spyglass/process/durable-file'
import { expect, test } from 'vitest'
import { tempFolder } from '../../../support/temp-folder.ts'

function opened() {
  const file = join(tempFolder(), 'numbers.json')
  const damages: Damage[] = []
  const open = () =>
    openStateFile<number[]>({
      file,
      parse(content) {
        if (!Array.isArray(content) || !content.every((item) => typeof item === 'number')) throw new TypeError('it is no list of numbers')
        return content
      },
      onDamage: (damage) => damages.push(damage),
      now: () => Date.UTC(2026, 10, 26, 10, 15, 0, 7),
    })
  return { file, damages, open, aside: `${file}.damaged-20261126T101500007Z` }
}

test('what was written is read, by another opening of it as well', () => {
  const { open, damages } = opened()
  expect(open().read()).toBeUndefined()
  open().write([1, 2.5, -0, 1e300])
  expect(open().read()).toEqual([1, 2.5, 0, 1e300])
  expect(damages).toEqual([])
})

test('a file of before the checksum is read', () => {
  const { file, open, damages } = opened()
  writeFileSync(file, '[1,2]')
  expect([open().read(), damages]).toEqual([[1, 2], []])
})

const damage: Readonly<Record<string, (file: string) => void>> = {
  empty: (file) => writeFileSync(file, ''),
  blank: (file) => writeFileSync(file, '\n \n'),
  torn: (file) => writeFileSync(file, readFileSync(file).subarray(0, -10)),
  garbage: (file) => writeFileSync(file, Buffer.from([0, 255, 254, 1])),
  'of the wrong shape': (file) => writeFileSync(file, '{"a":1}'),
  'null in it': (file) => writeFileSync(file, 'null'),
  'a digit changed in it': (file) => writeFileSync(file, readFileSync(file, 'utf8').replace('[3]', '[4]')),
  'nested deeply': (file) => writeFileSync(file, `{"checksum":"00000000","state":${'['.repeat(2_000_000)}${']'.repeat(2_000_000)}}`),
  'a hundred megabytes long': (file) => truncateSync(file, 100_000_000),
  'a pipe': (file) => {
    rmSync(file)
    execFileSync('mkfifo', [file])
  },
  'a folder': (file) => {
    rmSync(file)
    mkdirSync(join(file, 'inside'), { recursive: true })
  },
}

test.for(Object.keys(damage))('%s: it is set aside, the copy before the last change takes its place, and that is reported', (how) => {
  const { file, damages, open, aside } = opened()
  const state = open()
  state.write([1])
  state.write([2])
  state.write([3])
  damage[how]!(file)
  expect(open().read()).toEqual([2])
  expect(damages).toEqual([{ file, reason: expect.stringMatching(/./), setAside: aside, fromPrevious: true }])
  expect(existsSync(aside)).toBe(true)
  expect(open().read()).toEqual([2]) // nothing has been written since: the copy still stands for it
  expect(damages).toHaveLength(1)
  open().write([9])
  expect(open().read()).toEqual([9])
})

test('the reason holds nothing that a terminal would obey', () => {
  const { file, damages, open } = opened()
  writeFileSync(file, '\u001b[2J\0\u0007\u202eabc')
  open().read()
  expect(damages[0]!.reason).toMatch(/^[^\p{Cc}\p{Cf}]+$/u)
})

test('when the copy is damaged as well the state is lost, and both are kept to look at', () => {
  const { file, damages, open } = opened()
  open().write([1])
  open().write([2])
  for (const name of [file, `${file}.previous`]) writeFileSync(name, 'x')
  expect(open().read()).toBeUndefined()
  expect(damages).toMatchObject([{ fromPrevious: false }])
  expect(readdirSync(join(file, '..')).filter((name) => name.includes('.damaged-'))).toHaveLength(2)
})

test('no flipped bit and no cut of the file gives a state that was never written', () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { maxLength: 5 }), fc.nat(), fc.nat(7), fc.boolean(), (numbers, at, bit, cuts) => {
      const { file, open } = bare()
      open().write(numbers)
      rmSync(`${file}.previous`, { force: true })
      const bytes = readFileSync(file)
      const position = at % bytes.length
      if (cuts) writeFileSync(file, bytes.subarray(0, position))
      else {
        bytes[position]! ^= 1 << bit
        writeFileSync(file, bytes)
      }
      const read = open().read()
      expect(read === undefined || JSON.stringify(read) === JSON.stringify(numbers)).toBe(true)
    }),
    { numRuns: 60 },
  )
})

let folder: string | undefined
function bare() {
  folder ??= tempFolder()
  const file = join(folder, 'numbers.json')
  const open = () =>
    openStateFile<unknown>({
      file,
      parse(content) {
        if (!Array.isArray(content)) throw new TypeError('no list')
        return content
      },
      onDamage: () => {},
    })
  return { file, open }
}

test('a write that fails leaves the old state, and nothing beside it', () => {
  const { file, open } = opened()
  open().write([1])
  mkdirSync(`${file}.${process.pid}`) // in the way of the file that is written aside
  expect(() => open().write([2])).toThrow()
  rmSync(`${file}.${process.pid}`, { recursive: true, force: true })
  expect(open().read()).toEqual([1])
})

test('the file has its name at every moment', () => {
  const { file, open } = opened()
  open().write([1])
  const other = `${file}.link`
  linkSync(file, other)
  open().write([2])
  expect(readFileSync(`${file}.previous`)).toEqual(readFileSync(other))
})

test('what is there already is not written again', () => {
  const file = join(tempFolder(), 'text')
  writeIfChanged(file, 'one')
  linkSync(file, `${file}.link`)
  writeIfChanged(file, 'one')
  writeFileSync(`${file}.link`, 'changed through the link')
  expect(readFileSync(file, 'utf8')).toBe('changed through the link')
  writeIfChanged(file, 'two')
  expect(readFileSync(file, 'utf8')).toBe('two')
})

test('a pipe in the way of a file that is only written is replaced', () => {
  const file = join(tempFolder(), 'config.json')
  execFileSync('mkfifo', [file])
  writeIfChanged(file, 'one')
  expect(readFileSync(file, 'utf8')).toBe('one')
})

test('a file that is longer than any of ours is not read: it could take all memory', () => {
  const { file, damages, open } = opened()
  writeFileSync(file, '')
  truncateSync(file, 100_000_000)
  expect(open().read()).toBeUndefined()
  expect(damages.map(({ reason }) => reason)).toEqual(['it has 100000000 bytes, and no such file has more than 33554432'])
})
