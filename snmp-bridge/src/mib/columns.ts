/**
 * How a declared attribute becomes a column: its syntax, its units, and the encoding of its values. SNMP has neither floating point nor
 * 64-bit gauges: fractions are scaled, and a wide gauge is a CounterBasedGauge64 (RFC 2856) with, beside it, a Gauge32 in a larger unit
 * for managers that chart every Counter64 as a rate.
 */
import type { AttributeDeclaration, AttributeValue } from '@spyglass/agent/contract'
import { counter64, gauge32, integer, octets, type SnmpValue } from '../ber/value.ts'

export interface ColumnSyntax {
  /** The text after SYNTAX. */
  readonly syntax: string
  readonly units?: string
  /** The value, or undefined when it is not known: the instance is then absent. */
  encode(value: AttributeValue): SnmpValue | undefined
}

/** Maximum bytes of a text; longer ones end with an ellipsis. */
export const MAX_TEXT_BYTES = 255

/** @returns undefined for attributes that no column can hold: arrays, composites and tables. */
export function columnSyntax(declaration: AttributeDeclaration): ColumnSyntax | undefined {
  const { type, role, values } = declaration
  if (type === 'boolean')
    return { syntax: 'TruthValue', encode: (value) => (typeof value === 'boolean' ? integer(value ? 1 : 2) : undefined) }
  if (role === 'state' && values) return stateSyntax(values)
  if (type === 'date') return { syntax: 'DateAndTime', encode: encodeDate }
  if (type === 'string' || type === 'objectName') return { syntax: 'SgUtf8String', encode: encodeText }
  if (type === 'int' || type === 'long' || type === 'double') return numberSyntax(declaration)
  return undefined
}

function stateSyntax(values: readonly string[]): ColumnSyntax {
  return {
    syntax: `INTEGER { ${values.map((value, i) => `${value}(${i + 1})`).join(', ')} }`,
    encode(value) {
      const index = typeof value === 'string' ? values.indexOf(value) : -1
      return index < 0 ? undefined : integer(index + 1)
    },
  }
}

/** Counters are 64 bit wide, so that none wraps between two polls; long gauges too. */
function numberSyntax({ type, role, unit, snmpScale = 1 }: AttributeDeclaration): ColumnSyntax {
  const wide = role === 'counter' || type === 'long'
  const syntax = role === 'counter' ? 'Counter64' : wide ? 'CounterBasedGauge64' : 'Gauge32'
  const units = unit === undefined ? undefined : unitsOf(unit, snmpScale)
  return {
    syntax,
    ...(units === undefined ? {} : { units }),
    encode(value) {
      if (!isNumber(value)) return undefined
      const scaled = snmpScale === 1 ? value : Math.round(Number(value) * snmpScale)
      return wide ? counter64(scaled) : gauge32(Number(scaled))
    },
  }
}

export interface NarrowGauge extends ColumnSyntax {
  /** Suffix of the descriptor: `sgInstanceRssKiB`. */
  readonly suffix: string
}

const NARROW: Readonly<Record<string, { readonly suffix: string; readonly units: string; readonly divisor: number }>> = {
  By: { suffix: 'KiB', units: 'kibibytes', divisor: 1024 },
  ms: { suffix: 'Seconds', units: 'seconds', divisor: 1000 },
  '{row}': { suffix: 'Thousands', units: 'thousand rows', divisor: 1000 },
}

/** The Gauge32 beside a 64-bit gauge; undefined for a unit that has no larger one. Values outside its range are clamped. */
export function narrowGauge({ unit = '' }: AttributeDeclaration): NarrowGauge | undefined {
  const narrow = NARROW[unit]
  return (
    narrow && {
      suffix: narrow.suffix,
      syntax: 'Gauge32',
      units: narrow.units,
      encode: (value) => (isNumber(value) ? gauge32(Math.floor(Number(value) / narrow.divisor)) : undefined),
    }
  )
}

const isNumber = (value: AttributeValue): value is number | bigint =>
  typeof value === 'bigint' || (typeof value === 'number' && Number.isFinite(value))

const SCALED_UNITS: Readonly<Record<string, string>> = {
  's*1000': 'milliseconds',
  's*1000000': 'microseconds',
  '1*1000': 'per mille',
}
const UNITS: Readonly<Record<string, string>> = {
  d: 'days',
  s: 'seconds',
  ms: 'milliseconds',
  us: 'microseconds',
  By: 'bytes',
  '1': 'units',
}

/** UCUM to the words of UNITS clauses: `{connection}` is `connections`. */
export function unitsOf(unit: string, scale: number): string {
  const scaled = SCALED_UNITS[`${unit}*${scale}`]
  if (scaled) return scaled
  if (unit.startsWith('{')) return plural(unit.slice(1, -1))
  return UNITS[unit] ?? unit
}

const plural = (noun: string): string => (noun.endsWith('y') ? `${noun.slice(0, -1)}ies` : `${noun}s`)

function encodeText(value: AttributeValue): SnmpValue | undefined {
  return typeof value === 'string' ? octets(utf8Within(value, MAX_TEXT_BYTES)) : undefined
}

/** The text as UTF-8, cut between characters where it is too long. */
export function utf8Within(value: string, maxBytes: number): Buffer {
  const bytes = Buffer.from(value, 'utf8')
  if (bytes.length <= maxBytes) return bytes
  let end = maxBytes - ELLIPSIS.length
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--
  return Buffer.concat([bytes.subarray(0, end), ELLIPSIS])
}

/** ASCII: net-snmp and others print a text with any other character in hexadecimal. */
const ELLIPSIS = Buffer.from('...', 'utf8')

/** Milliseconds since the epoch, or ISO-8601 as Jolokia sends it. */
function encodeDate(value: AttributeValue): SnmpValue | undefined {
  const time = typeof value === 'number' ? value : typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isFinite(time) ? octets(dateAndTime(time)) : undefined
}

/** DateAndTime of RFC 2579 in UTC: eleven bytes. */
export function dateAndTime(time: number): Buffer {
  const date = new Date(time)
  const bytes = Buffer.alloc(11)
  bytes.writeUInt16BE(date.getUTCFullYear(), 0)
  bytes.set(
    [
      date.getUTCMonth() + 1,
      date.getUTCDate(),
      date.getUTCHours(),
      date.getUTCMinutes(),
      date.getUTCSeconds(),
      Math.floor(date.getUTCMilliseconds() / 100),
      0x2b,
    ],
    2,
  )
  return bytes
}
