import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { judge, readBaseline, writeBaseline } from '../../bench/baseline.ts'
import { type BenchResult, type Figure, parseResults } from '../../bench/result.ts'
import { tempFolder } from '../support/temp-folder.ts'

const result = (figure: Partial<Figure>, machine = 'm'): BenchResult => ({
  bench: 'b',
  figures: { cpu: { value: 10, unit: 'us', better: 'lower', ...figure } },
  machine,
  node: '24.21.0',
  seconds: 1,
})

test('a ratio that lost more than a tenth is reported, in the direction that is worse, whatever the machine', () => {
  const baseline = { b: result({}, 'other') }
  expect(judge([result({ value: 10.9, isRatio: true })], baseline)).toEqual([])
  expect(judge([result({ value: 11.1, isRatio: true })], baseline)).toEqual(['b cpu: 11.1 us, was 10'])
  const higher = { b: result({ better: 'higher' }) }
  expect(judge([result({ value: 9.1, better: 'higher', isRatio: true })], higher)).toEqual([])
  expect(judge([result({ value: 8.9, better: 'higher', isRatio: true })], higher)).toHaveLength(1)
})

test('a loss that the spread may explain is not reported', () => {
  expect(judge([result({ value: 12, low: 10.9, high: 13, isRatio: true })], { b: result({}) })).toEqual([])
  expect(judge([result({ value: 12, low: 11.1, high: 13, isRatio: true })], { b: result({}) })).toHaveLength(1)
})

test('figures that depend on the machine are not compared, but their bars hold everywhere', () => {
  expect(judge([result({ value: 99 })], { b: result({}) })).toEqual([])
  expect(judge([result({ value: 99, bar: 15 }, 'other')], {})).toEqual(['b cpu: 99 us misses the bar of 15'])
})

test('a bar is held by the worse end of the interval', () => {
  expect(judge([result({ value: 14, low: 13, high: 15.5, bar: 15 })], {})).toEqual(['b cpu: 14 (13 … 15.5) us misses the bar of 15'])
  expect(judge([result({ value: 14, low: 13, high: 15, bar: 15 })], {})).toEqual([])
  expect(judge([result({ value: 16, low: 14, high: 17, bar: 15, better: 'higher' })], {})).toHaveLength(1)
  expect(judge([result({ value: 16, low: 15, high: 17, bar: 15, better: 'higher' })], {})).toEqual([])
})

test('an update keeps the figures of other benchmarks', () => {
  const file = join(tempFolder(), 'baseline.json')
  writeFileSync(file, JSON.stringify({ other: result({}) }))
  writeBaseline([result({ value: 3 })], file)
  expect(Object.keys(readBaseline(file))).toEqual(['b', 'other'])
  expect(readBaseline(file)['b']?.figures['cpu']?.value).toBe(3)
})

test('results are found among other lines', () => {
  expect(parseResults(`warming up\n${JSON.stringify(result({}))}\ndone {"bench":`)).toEqual([result({})])
})
