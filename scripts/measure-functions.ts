/**
 * Finds the functions of the engine whose cost grows faster than the size of one value: such a call cannot be cancelled, since the engine
 * looks whether it was only between blocks of rows. Every function that the gate lets a reader call is called with values of several kinds,
 * each three times as long as the one before. What it prints is the list SUPERLINEAR in collector/src/store/gate/functions.ts, with figures.
 * `node --conditions=spyglass-source scripts/measure-functions.ts [NAME…]`
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RawSession } from '../collector/src/store/engine/engine.ts'
import { type EngineProcess, startEngineProcess } from '../collector/src/store/engine/engine-process.ts'
import { engineFunction, functionRules, FUNCTIONS_QUERY } from '../collector/src/store/gate/functions.ts'

/** Conversions and parts of dates and addresses: of one number, or linear by nature. */
const PLAIN =
  /^(to|is|accurate|h3|s2|geohash|IPv|reinterpret|date|formatDate|parseDate|snowflake|mac|bit|file|uuid|add|subtract|from|e$|pi$)/i

/** Expressions of a value of size N, by kind. */
const VALUES = {
  text: "repeat('ab', toUInt32(N / 2))",
  noise: 'arrayStringConcat(arrayMap(i -> char(97 + cityHash64(i) % 26), range(N)))',
  words: "arrayStringConcat(arrayMap(i -> toString(cityHash64(i) % 1000), range(toUInt32(N / 4))), ' ')",
  json: "concat('[', arrayStringConcat(range(toUInt32(N / 5)), ','), ']')",
  nested: "concat(repeat('[', toUInt32(N / 2)), repeat(']', toUInt32(N / 2)))",
  url: "concat('http://a.b/', repeat('a/', toUInt32(N / 4)), '?', repeat('a=b&', toUInt32(N / 8)))",
  html: "repeat('<a>', toUInt32(N / 3))",
  list: 'range(N)',
  noisyList: 'arrayMap(i -> cityHash64(i), range(N))',
  sameList: 'arrayMap(i -> 1, range(N))',
  floats: 'arrayMap(i -> toFloat64(i), range(N))',
  texts: 'arrayMap(i -> toString(i), range(N))',
  lists: 'arrayMap(i -> range(3), range(toUInt32(N / 3)))',
  map: "CAST((range(N), range(N)), 'Map(UInt64, UInt64)')",
  ring: 'arrayMap(i -> (cos(i * 6.28 / N) * (1 + (i % 2)), sin(i * 6.28 / N) * (1 + (i % 2))), range(N))',
  rings: '[arrayMap(i -> (cos(i * 6.28 / N) * (1 + (i % 2)), sin(i * 6.28 / N) * (1 + (i % 2))), range(N))]',
  number: 'toUInt64(N)',
  textMap: "CAST((arrayMap(i -> toString(i), range(N)), arrayMap(i -> toString(i), range(N))), 'Map(String, String)')",
  document:
    "concat('{', arrayStringConcat(arrayMap(i -> concat('\"a', toString(i), '\":', toString(i)), range(toUInt32(N / 10))), ','), '}')",
  deepDocument: "concat(repeat('{\"a\":', toUInt32(N / 6)), '1', repeat('}', toUInt32(N / 6)))",
  polygon:
    "concat('POLYGON((', arrayStringConcat(arrayMap(i -> concat(toString(i), ' ', toString(i * i % 97)), range(toUInt32(N / 8))), ','), '))')",
  statement: "concat('SELECT ', arrayStringConcat(range(toUInt32(N / 5)), '+'))",
  deepStatement: "concat('SELECT ', repeat('(', toUInt32(N / 2)), '1', repeat(')', toUInt32(N / 2)))",
  bitmap: 'bitmapBuild(range(N))',
  date: 'toDateTime(N)',
} as const
type Kind = keyof typeof VALUES

/** Argument lists tried; `{}` stands for the value. */
const shapes = [
  '({0})',
  '({0}, {0})',
  '({0}, reverse({0}))',
  '({0}, {0}, {0})',
  "({0}, 'a')",
  "('a', {0})",
  "({0}, 'a', 'b')",
  '({0}, 3)',
  '({0}, toUInt32(N))',
  "({0}, ['a', 'b'])",
  "({0}, '(a*)*b')",
  '(x -> x % 7, {0})',
  '((x, y) -> x, {0}, {0})',
  '((a, x) -> a + x, {0}, toUInt64(0))',
  '((1.0, 2.0), {0})',
  "({0}, '$.a')",
  "({0}, '$[*].a')",
  "({0}, 'a%b%c')",
  "({0}, '.', 2)",
  "({0}, 2, ['abc', 'b+c'])",
  '({0}, 0, {0}, 0, 100)',
  '(3, {0}, {0}, 0)',
  "('sum', {0})",
  "('quantileExact', {0})",
  "('sum', arrayMap(i -> (toUInt64(1), N), range(N)), {0})",
  '((k, v) -> k = v, {0})',
  '((k, v) -> k, 3, {0})',
  "({0}, 'a', 'Array(String)')",
  "({0}, 'Array(UInt64)')",
  '({0}, 2, 3, 4)',
  '({0}, 10, 2)',
  "({0}, 'utf-8', 'utf-16')",
  "('CSV', {0})",
  "('aes-128-ecb', {0}, '0123456789abcdef')",
  '({0}, 1.5)',
  '({0}, {0}, 1.5)',
  '((toUInt64(1), toUInt64(2)), {0})',
  '({0}, toIntervalSecond(1))',
  '({0}, toDateTime(0), N)',
]
const aggregateShapes = ['(number)', '(number % 1000, number)', '(toString(number))', '(toFloat64(number), number % 2)']
const aggregateParameters = ['', '(100)', '(0.5)']

const FIRST = 4000
const GROWTH = 3
const STEPS = 4
const MAX_MS = 300
/** CPU of one call; more does not come back. */
const MAX_CALL_MS = 5000
/** Growth of the time that is more than that of the value, with room for n log n and noise. */
const MAX_GROWTH = 5
const MIN_NOTICEABLE_MS = 60

interface Finding {
  readonly name: string
  readonly call: string
  readonly times: readonly number[]
}

const folder = mkdtempSync(join(tmpdir(), 'spyglass-functions-'))
const only = new Set(process.argv.slice(2).map((name) => name.toLowerCase()))
let engine!: EngineProcess
let session!: RawSession

async function restart(): Promise<void> {
  engine = await startEngineProcess({
    path: join(folder, 'data'),
    workingFolder: join(folder, 'engine'),
    maxMemoryBytes: 1 << 30,
    threads: 6,
  })
  session = await engine.open({ max_threads: 1, max_memory_usage: 1 << 28, max_execution_time: 2, max_parser_depth: 100_000 })
}

/** CPU that the engine has used, in milliseconds; it is counted in steps of ten. */
function cpuMs(): number {
  const fields = readFileSync(`/proc/${engine.pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

/** Milliseconds of CPU of one call; undefined when it is an error, Infinity when it does not come back. A busy machine changes neither. */
async function timeOf(sql: string): Promise<number | undefined> {
  const before = cpuMs()
  let isKilled = false
  const timer = setInterval(() => {
    if (isKilled || cpuMs() - before < MAX_CALL_MS) return
    isKilled = true
    engine.kill()
  }, 500)
  try {
    await session.query(sql, 'Null')
    return cpuMs() - before
  } catch {
    if (!isKilled) return undefined
    await engine.ended
    await restart()
    return Infinity
  } finally {
    clearInterval(timer)
  }
}

/** Times of the call at growing sizes. One that is quick at the largest is not measured further. */
async function measure(name: string, call: (size: number) => string): Promise<Finding | undefined> {
  const largest = await timeOf(call(FIRST * GROWTH ** (STEPS - 1)))
  if (largest !== undefined && largest <= MIN_NOTICEABLE_MS) return undefined
  const times: number[] = []
  let size = FIRST
  for (let step = 0; step < STEPS; step++, size *= GROWTH) {
    const ms = await timeOf(call(size))
    if (ms === undefined) return undefined
    times.push(ms)
    if (ms > MAX_MS) break
  }
  const [before = 0, last = 0] = times.slice(-2)
  return times.length > 1 && last > MIN_NOTICEABLE_MS && last / Math.max(before, 10) > MAX_GROWTH
    ? { name, call: call(size), times }
    : undefined
}

/** Confirms twice: a machine that is busy for a moment is no finding. */
async function steep(name: string, call: (size: number) => string): Promise<Finding | undefined> {
  const first = await measure(name, call)
  return first && (await measure(name, call)) ? measure(name, call) : undefined
}

/** Kinds of one type; the first one shows whether a function accepts the type at all. */
const types: readonly (readonly Kind[])[] = [
  ['text', 'noise', 'words', 'json', 'nested', 'url', 'html', 'document', 'deepDocument', 'deepStatement'],
  ['statement', 'polygon'],
  ['textMap'],
  ['bitmap'],
  ['date'],
  ['list', 'noisyList', 'sameList'],
  ['floats'],
  ['texts'],
  ['lists'],
  ['map'],
  ['ring'],
  ['rings'],
  ['number'],
]

/** Some functions want values that are the same for every row. */
const counts = ['materialize', 'identity'] as const
interface Call {
  readonly name: string
  readonly shape: string
  readonly count: (typeof counts)[number]
}

const callOf = ({ name, shape, count }: Call, kind: Kind, size: number): string =>
  `WITH toUInt64(${count}(${size})) AS N, ${VALUES[kind]} AS v SELECT ignore(${name}${shape.replaceAll('{0}', 'v')})`

/** Functions that took a value in one of the shapes. */
const measured = new Set<string>()

async function scalar(name: string): Promise<Finding | undefined> {
  for (const count of counts) {
    for (const shape of shapes) {
      const found = await inShape({ name, shape, count })
      if (found) return found
    }
    if (measured.has(name)) return undefined
  }
  return undefined
}

async function inShape(call: Call): Promise<Finding | undefined> {
  for (const [first, ...others] of types) {
    if ((await timeOf(callOf(call, first!, 60))) === undefined) continue
    measured.add(call.name)
    for (const kind of [first!, ...others]) {
      const found = await steep(call.name, (size) => callOf(call, kind, size))
      if (found) return { ...found, call: `${call.name}${call.shape.replaceAll('{0}', kind)}` }
    }
  }
  return undefined
}

async function aggregate(name: string): Promise<Finding | undefined> {
  for (const parameters of aggregateParameters)
    for (const shape of aggregateShapes) {
      const call = (size: number): string => `SELECT ignore(${name}${parameters}${shape}) FROM numbers(${size * 10})`
      if ((await timeOf(call(6))) === undefined) continue
      measured.add(name)
      const found = await steep(name, call)
      if (found) return { ...found, call: `${name}${parameters}${shape}` }
    }
  return undefined
}

await restart()
try {
  const { bytes } = await session.query(FUNCTIONS_QUERY, 'JSONCompactStringsEachRow')
  const rows = Buffer.from(bytes)
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as string[])
  const functions = rows.map(engineFunction)
  const rules = functionRules(functions)
  const tried = functions.filter(({ name, alias_to }) =>
    only.size > 0
      ? only.has(name.toLowerCase()) && rules.mayCall(name)
      : rules.mayCall(name) && alias_to === '' && !PLAIN.test(name) && /^\w+$/.test(name),
  )
  for (const { name, isAggregate } of tried) {
    const found = await (isAggregate ? aggregate(name) : scalar(name))
    if (found) process.stdout.write(`${found.call}\t${found.times.map((ms) => ms.toFixed(0)).join(' ')}\n`)
    if (!measured.has(name)) process.stdout.write(`${name}\tnot measured: takes none of the shapes\n`)
  }
  process.stdout.write(`${measured.size} of ${tried.length} functions measured\n`)
} finally {
  engine.kill()
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}
