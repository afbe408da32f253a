/**
 * One secret in one place of an otherwise harmless request, place by place: what finds a secret in one place cannot hide that another place is
 * not searched. Before it the decoder has seen many harmless requests, so everything that it remembers is in use.
 */
import { expect, test } from 'vitest'
import { OtlpDecoder } from '../../../collector/src/decode/decoder.ts'
import { Redactor } from '../../../collector/src/redact/redactor.ts'
import { readNative } from '../../support/native.ts'
import { encodeOtlp } from '../../support/otlp-proto.ts'
import { CARD, MARK, plantedLogs, plantedMetrics, plantedTraces, showsSecret } from './planted-requests.ts'

const window = { from: 0, to: 1e10, nowMs: Date.now() }
const requests = [
  ['traces', 'Traces', plantedTraces],
  ['logs', 'Logs', plantedLogs],
  ['metrics', 'Metrics', plantedMetrics],
] as const

type Path = readonly (string | number)[]
interface Attribute {
  readonly key: string
  readonly value: object
}

/** Fields whose text is a number, and enumerations. */
const NUMBERS = /^(?:\w*UnixNano|intValue|count|asInt|bucketCounts|0)$/
const isAttribute = (value: unknown): value is Attribute => typeof value === 'object' && value !== null && 'key' in value

/** The same request without any secret: every text says nothing, and of equal lists of attributes one is left. */
function harmless(value: unknown, name = ''): unknown {
  if (typeof value === 'string') return NUMBERS.test(name) ? value : 'plain text'
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value
  if (Array.isArray(value)) {
    if (value.some(isAttribute)) return HARMLESS
    return (name === 'spans' || name === 'logRecords' ? value.slice(-2) : value.slice(0, 7)).map((item) => harmless(item))
  }
  const plain = Object.entries(value).map(([key, inner]) => [key, harmless(inner, key)] as const)
  return Object.fromEntries(plain)
}

const HARMLESS = [
  { key: 'http.request.method', value: { stringValue: 'GET' } },
  { key: 'http.route', value: { stringValue: '/shop/:id' } },
  { key: 'server.port', value: { intValue: '443' } },
  { key: 'flag', value: { boolValue: true } },
  { key: 'ratio', value: { doubleValue: 0.5 } },
]

/** Where texts and lists of attributes are. */
function placesIn(value: unknown, path: Path = []): Path[] {
  if (value === HARMLESS) return [path]
  if (typeof value === 'string') return NUMBERS.test(String(path.at(-1))) ? [] : [path]
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return []
  return Object.entries(value).flatMap(([key, inner]) => placesIn(inner, [...path, key]))
}

function withReplaced(value: unknown, [key, ...rest]: Path, by: (old: unknown) => unknown): unknown {
  if (key === undefined) return by(value)
  if (Array.isArray(value)) return value.map((item, i) => (String(i) === String(key) ? withReplaced(item, rest, by) : item))
  return { ...(value as object), [key]: withReplaced((value as Record<string, unknown>)[String(key)], rest, by) }
}

const TEXTS = [`password=${MARK}`, `Bearer ${MARK}abc`, `card ${CARD}`, `http://bob:${MARK}@host/`]
const text = (key: string, stringValue: string): Attribute => ({ key, value: { stringValue } })
const SECRETS: readonly Attribute[] = [
  text('db.password', MARK),
  text('http.request.method', `token=${MARK}`),
  text('http.route', `Bearer ${MARK}abc`),
  text(`password=${MARK}`, 'x'),
  text('db.statement', `SELECT '${MARK}'`),
  text('url.full', `https://host/?q=${MARK}`),
  text('note', `card ${CARD}`),
  { key: 'server.port', value: { intValue: CARD } },
  { key: 'ratio', value: { doubleValue: Number(CARD) } },
  { key: 'note', value: { bytesValue: Buffer.from(`password=${MARK}`) } },
  { key: 'note', value: { arrayValue: { values: [{ stringValue: `password=${MARK}` }] } } },
  { key: 'note', value: { kvlistValue: { values: [text('secret', MARK)] } } },
  text('note', `${'x '.repeat(200)}password=${MARK}`),
]

/** Every request with one secret, and where it is. */
function* planted(plain: unknown): Generator<[where: string, request: object]> {
  for (const path of placesIn(plain)) {
    const isList = path.at(-1) === 'attributes' || path.at(-1) === 'filteredAttributes'
    const variants: readonly ((old: unknown) => unknown)[] = isList
      ? SECRETS.flatMap((secret) => [
          (old: unknown) => [...(old as Attribute[]), secret],
          (old: unknown) => [secret, ...(old as Attribute[])],
        ])
      : TEXTS.map((secret) => () => secret)
    for (const [n, by] of variants.entries()) yield [`${path.join('.')} ${n}`, withReplaced(plain, path, by) as object]
  }
}

/** One of the spans has attributes: nothing else of it is lost with the secret. */
const isWhole = ({ SpanAttributes: attributes }: Record<string, unknown>): boolean =>
  typeof attributes === 'object' && attributes !== null && HARMLESS.every(({ key }) => key in attributes)

test.each(requests)('one secret in one place of %s reaches no column, wherever it is', (signal, message, build) => {
  const decoder = new OtlpDecoder(new Redactor())
  const plain = harmless(build())
  const encode = (request: object): Buffer => encodeOtlp(message, request)
  const decode = (body: Buffer): Buffer => {
    const { blocks, accepted, events } = decoder.decode(body, { signal, isJson: false, window, isKnown: true })
    expect(accepted).toBeGreaterThan(0)
    const rows = blocks.flatMap((block) => readNative(block.encode('b')))
    if (signal === 'traces') expect(rows.filter(isWhole)).toHaveLength(1)
    const shown = JSON.stringify([rows, events], (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
    return Buffer.concat([...blocks.map((block) => block.encode('b')), Buffer.from(shown)])
  }
  const quiet = encode(plain as object)
  let places = 0
  for (const [where, request] of planted(plain)) {
    if (places++ % 50 === 0) for (let i = 0; i < 20; i++) decode(quiet)
    expect(showsSecret(decode(encode(request)).toString('latin1')), where).toBe(false)
  }
  expect(places).toBeGreaterThan(100)
})
