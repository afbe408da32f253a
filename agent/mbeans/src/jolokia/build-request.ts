/** Builds a request from fields: validation, and the echo in the response. Only the fields named here are used. */
import { fail } from './errors.ts'
import { joinPath, splitPath } from './escape.ts'
import { MAX_NAME_LENGTH, parseObjectName } from './object-name.ts'
import { type Parameters, withConfig } from './parameters.ts'
import type { Fields } from './parse-get.ts'
import { type JolokiaRequest, type NotificationRequest, isNotificationCommand, isRequestType } from './request.ts'

/** Maximum number of attributes per request. */
const MAX_ATTRIBUTES = 1000
/** Longest attribute, operation or part of a path. */
const MAX_PART_LENGTH = 1024

/** Creates the request that the fields describe; throws if they are invalid. Their `config` takes precedence over `base`. */
export function buildRequest(fields: Fields, base: Parameters): JolokiaRequest {
  const config = field(fields, 'config')
  const request = build(fields, base)
  if (config === undefined) return request
  try {
    return { ...request, parameters: withConfig(base, config) }
  } catch (problem) {
    return { ...request, problem }
  }
}

function build(fields: Fields, parameters: Parameters): JolokiaRequest {
  const type = typeOf(fields)
  if (field(fields, 'target') !== undefined) throw fail('SPY_JOLOKIA_NO_PROXY')
  switch (type) {
    case 'version':
    case 'config':
      return { type, parameters, echo: JSON.stringify({ type }) }
    case 'read':
      return buildRead(fields, parameters)
    case 'search':
      return buildSearch(fields, parameters)
    case 'list':
      return buildList(fields, parameters)
    case 'write':
      return buildWrite(fields, parameters)
    case 'exec':
      return buildExec(fields, parameters)
    default:
      return buildNotification(fields, parameters)
  }
}

function buildSearch(fields: Fields, parameters: Parameters): JolokiaRequest {
  const mbean = nameOf(fields, 'search')
  return { type: 'search', mbean, parameters, echo: JSON.stringify({ mbean: echoedName(mbean), type: 'search' }) }
}

function buildList(fields: Fields, parameters: Parameters): JolokiaRequest {
  const path = pathOf(fields)
  return { type: 'list', path, parameters, echo: JSON.stringify({ ...echoedPath(path), type: 'list' }) }
}

function typeOf(fields: Fields): JolokiaRequest['type'] {
  const given = field(fields, 'type')
  const type = typeof given === 'string' ? given.toLowerCase() : ''
  if (!isRequestType(type)) throw fail('SPY_JOLOKIA_BAD_TYPE', [String(given).slice(0, 100)])
  return type
}

/** Own properties only: `constructor` and `__proto__` are not fields. */
function field(fields: Fields, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined
}

function textOf(fields: Fields, name: string, type: string): string {
  const value = field(fields, name)
  if (typeof value !== 'string' || value === '') throw fail('SPY_JOLOKIA_MISSING', [type, name])
  return checkedLength(value, name)
}

function checkedLength(value: string, what: string): string {
  if (value.length > MAX_PART_LENGTH) throw fail('SPY_JOLOKIA_TOO_LONG', [what, MAX_PART_LENGTH])
  return value
}

/** The ObjectName, checked: a malformed one is rejected before anything is read. */
function nameOf(fields: Fields, type: string): string {
  const value = field(fields, 'mbean')
  if (typeof value !== 'string' || value === '') throw fail('SPY_JOLOKIA_MISSING', [type, 'mbean'])
  if (value.length > MAX_NAME_LENGTH) throw fail('SPY_JOLOKIA_TOO_LONG', ['mbean', MAX_NAME_LENGTH])
  parseObjectName(value)
  return value
}

/** The reference echoes a plain name as sent and a pattern in canonical order. */
function echoedName(mbean: string): string {
  const name = parseObjectName(mbean)
  return name.isPattern ? name.canonical : mbean
}

function pathOf(fields: Fields): readonly string[] {
  const path = field(fields, 'path')
  if (path === undefined || path === null) return []
  const parts = typeof path === 'string' ? splitPath(checkedLength(path, 'path')) : path
  if (!Array.isArray(parts) || !parts.every((part) => typeof part === 'string')) throw fail('SPY_JOLOKIA_BAD_PARAMETER', ['path'])
  for (const part of parts) checkedLength(part, 'a part of the path')
  return parts
}

function echoedPath(path: readonly string[]): { readonly path?: string } {
  return path.length > 0 ? { path: joinPath(path) } : {}
}

function buildRead(fields: Fields, parameters: Parameters): JolokiaRequest {
  const mbean = nameOf(fields, 'read')
  const attribute = attributeOf(field(fields, 'attribute'))
  const path = pathOf(fields)
  const echo = JSON.stringify({ ...echoedPath(path), mbean: echoedName(mbean), attribute, type: 'read' })
  return { type: 'read', mbean, attribute, path, parameters, echo }
}

function attributeOf(attribute: unknown): string | readonly string[] {
  if (attribute === undefined || attribute === null || attribute === '') return []
  if (typeof attribute === 'string') return checkedLength(attribute, 'attribute')
  if (!Array.isArray(attribute) || !attribute.every((name) => typeof name === 'string')) {
    throw fail('SPY_JOLOKIA_BAD_PARAMETER', ['attribute'])
  }
  if (attribute.length > MAX_ATTRIBUTES) throw fail('SPY_JOLOKIA_LIMIT', [MAX_ATTRIBUTES, 'attributes'])
  for (const name of attribute) checkedLength(name, 'attribute')
  return attribute
}

function buildWrite(fields: Fields, parameters: Parameters): JolokiaRequest {
  const mbean = nameOf(fields, 'write')
  const attribute = textOf(fields, 'attribute', 'write')
  const value = field(fields, 'value')
  if (value === undefined) throw fail('SPY_JOLOKIA_MISSING', ['write', 'value'])
  const echo = JSON.stringify({ ...echoedPath(pathOf(fields)), mbean, attribute, type: 'write', value })
  return { type: 'write', mbean, parameters, echo }
}

function buildExec(fields: Fields, parameters: Parameters): JolokiaRequest {
  const mbean = nameOf(fields, 'exec')
  const operation = textOf(fields, 'operation', 'exec')
  const given = field(fields, 'arguments') ?? []
  if (!Array.isArray(given)) throw fail('SPY_JOLOKIA_BAD_PARAMETER', ['arguments'])
  const echoedArguments = given.length > 0 ? { arguments: given } : {}
  const echo = JSON.stringify({ mbean, ...echoedArguments, type: 'exec', operation })
  return { type: 'exec', mbean, operation, arguments: given, parameters, echo }
}

function buildNotification(fields: Fields, parameters: Parameters): NotificationRequest {
  const command = textOf(fields, 'command', 'notification')
  if (!isNotificationCommand(command)) throw fail('SPY_JOLOKIA_BAD_PARAMETER', ['command'])
  const client = command === 'register' ? '' : textOf(fields, 'client', command)
  const mode = command === 'add' || command === 'open' ? textOf(fields, 'mode', command) : ''
  const mbean = command === 'add' ? nameOf(fields, command) : ''
  const filter = command === 'add' ? filterOf(field(fields, 'filter')) : []
  const handback = command === 'add' ? (field(fields, 'handback') ?? null) : null
  const after = command === 'add' ? positionOf(field(fields, 'after')) : undefined
  const handle = command === 'remove' ? textOf(fields, 'handle', command) : ''
  const given = { mode, mbean, client, handle }
  const shown = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''))
  const echo = JSON.stringify({
    ...shown,
    ...(filter.length > 0 ? { filter } : {}),
    type: 'notification',
    ...(handback === null ? {} : { handback }),
    command,
  })
  return { type: 'notification', command, client, mode, mbean, filter, handback, after, handle, parameters, echo }
}

/** A sequence number, which is the position of an event. */
function positionOf(after: unknown): number | undefined {
  if (after === undefined || after === null) return undefined
  if (!Number.isSafeInteger(after) || Number(after) < 0) throw fail('SPY_JOLOKIA_BAD_PARAMETER', ['after'])
  return Number(after)
}

function filterOf(filter: unknown): readonly string[] {
  const names = typeof filter === 'string' ? filter.split(',') : (filter ?? [])
  if (!Array.isArray(names) || !names.every((name) => typeof name === 'string')) throw fail('SPY_JOLOKIA_BAD_PARAMETER', ['filter'])
  if (names.length > MAX_ATTRIBUTES) throw fail('SPY_JOLOKIA_LIMIT', [MAX_ATTRIBUTES, 'filters'])
  return names.filter((name) => name.trim() !== '' && name !== '""')
}
