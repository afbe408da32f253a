/** A line of the server log or of an access log as a row of otel_logs. Lines that are not a JSON object are treated as plain text. */
import { attr, originAttributes } from '@spyglass/agent/contract'
import type { LogRow } from '../decode/index.ts'

export interface LineOrigin {
  /** Path of the file, for the attribute log.file.path. */
  readonly file: string
  readonly kind: 'server' | 'access'
  /** Service of lines that name none: the application of an access log, or the server. */
  readonly service: string
  /** The server whose log it is: its name and its UUID. */
  readonly server: string
  readonly serverId: string
  /** When the line was read, for lines without a time. */
  readonly readAt: number
}

type Fields = Readonly<Record<string, unknown>>

const SEVERITIES: Readonly<Record<string, readonly [text: string, number: number]>> = {
  trace: ['TRACE', 1],
  debug: ['DEBUG', 5],
  info: ['INFO', 9],
  warn: ['WARN', 13],
  warning: ['WARN', 13],
  error: ['ERROR', 17],
  fatal: ['FATAL', 21],
}
/** pino writes numbers when it is not told otherwise. */
const PINO_LEVELS: Readonly<Record<number, string>> = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' }

/** Not all zeros, which means "none". */
const TRACE_ID = /^(?!0+$)[0-9a-f]{32}$/
const SPAN_ID = /^(?!0+$)[0-9a-f]{16}$/

/** Fields that become columns and therefore not attributes. */
const COLUMNS = new Set([
  'level',
  'time',
  'msg',
  'message',
  'trace_id',
  'traceId',
  'span_id',
  'spanId',
  'process',
  'application',
  'instance',
])

export function rowOfLine(line: string, origin: LineOrigin): LogRow {
  const fields = fieldsOf(line)
  return fields ? rowOfFields(fields, origin) : plainRow(line, origin)
}

function fieldsOf(line: string): Fields | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const parsed: unknown = JSON.parse(line)
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? (parsed as Fields) : undefined
  } catch {
    return undefined // a line that only looks like JSON is text
  }
}

function plainRow(line: string, { file, service, server, readAt }: LineOrigin): LogRow {
  return {
    time: readAt,
    severityText: '',
    severityNumber: 0,
    service,
    body: line,
    traceId: '',
    spanId: '',
    eventName: '',
    resource: [
      [attr.serviceName, service],
      [attr.serverName, server],
    ],
    attributes: [[attr.logFile, file]],
  }
}

function rowOfFields(fields: Fields, origin: LineOrigin): LogRow {
  const { file, kind, service: fallback, readAt } = origin
  const [severityText, severityNumber] = kind === 'access' ? accessSeverity(fields) : severityOf(fields['level'])
  const process = kind === 'server' ? text(fields['process']) : ''
  const service = text(fields['application']) || process || fallback
  const instance = text(fields['instance']) || process || (kind === 'server' ? service : '')
  return {
    time: timeOf(fields['time'], readAt),
    severityText,
    severityNumber,
    service,
    body: kind === 'access' ? accessBody(fields) : text(fields['msg']) || text(fields['message']),
    traceId: matching(TRACE_ID, fields['trace_id'] ?? fields['traceId']),
    spanId: matching(SPAN_ID, fields['span_id'] ?? fields['spanId']),
    eventName: '',
    resource: [[attr.serviceName, service], ...processOf(instance, origin), ...applicationOf(fields)],
    attributes: [[attr.logFile, file], ...attributesOf(fields)],
  }
}

function processOf(name: string, { server, serverId }: LineOrigin): [string, string][] {
  return name === '' ? [[attr.serverName, server]] : Object.entries(originAttributes({ server, serverId, process: name }))
}

function applicationOf(fields: Fields): [string, string][] {
  const name = text(fields['application'])
  return name === '' ? [] : [[attr.application, name]]
}

function attributesOf(fields: Fields): [string, string][] {
  return Object.entries(fields).flatMap(([name, value]): [string, string][] =>
    COLUMNS.has(name) || value === null || value === undefined ? [] : [[name, text(value)]],
  )
}

/** `GET /shop/products/7 200`, the form in which people look for a request. */
function accessBody(fields: Fields): string {
  return [fields[attr.httpMethod], fields[attr.urlPath], fields[attr.httpStatus]].flatMap((part) => text(part) || []).join(' ')
}

function accessSeverity(fields: Fields): readonly [string, number] {
  const status = Number(fields[attr.httpStatus] ?? 0)
  return severityOf(status >= 500 ? 'error' : fields['aborted'] === true ? 'warn' : 'info')
}

function severityOf(level: unknown): readonly [string, number] {
  const name = typeof level === 'number' ? PINO_LEVELS[level] : typeof level === 'string' ? level.toLowerCase() : undefined
  return (name === undefined ? undefined : SEVERITIES[name]) ?? ['', 0]
}

function timeOf(value: unknown, readAt: number): number {
  const time = typeof value === 'number' ? value : typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isFinite(time) && time > 0 ? time : readAt
}

function text(value: unknown): string {
  if (typeof value === 'string') return value
  return value === null || value === undefined ? '' : JSON.stringify(value)
}

function matching(pattern: RegExp, value: unknown): string {
  return typeof value === 'string' && pattern.test(value) ? value : ''
}
