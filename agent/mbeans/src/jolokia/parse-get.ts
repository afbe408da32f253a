/** Converts the path of a GET request to the fields of the equivalent POST: `read/java.lang:type=Memory/HeapMemoryUsage/used`. */
import { fail } from './errors.ts'
import { splitPath } from './escape.ts'

export type Fields = Readonly<Record<string, unknown>>

/**
 * Reads the percent-encoded path below the mount point. If it is empty, the query parameter `p` is used; without that it is a
 * version request.
 */
export function parseGet(rawPath: string, query: URLSearchParams): Fields {
  const path = decode(rawPath)
  const parts = splitPath(path === '' || path === '/' ? (query.get('p') ?? '') : path)
  const [type, ...rest] = parts
  return type === undefined ? { type: 'version' } : { type, ...fieldsOf(type.toLowerCase(), rest) }
}

function decode(path: string): string {
  if (!path.includes('%')) return path
  try {
    return decodeURIComponent(path)
  } catch (error) {
    throw fail('SPY_JOLOKIA_BAD_URL', [], error)
  }
}

function fieldsOf(type: string, parts: readonly string[]): Fields {
  switch (type) {
    case 'read':
      return { mbean: parts[0], attribute: attributeOf(parts[1]), path: parts.slice(2) }
    case 'search':
      return { mbean: parts[0] }
    case 'list':
      return { path: parts }
    case 'write':
      return { mbean: parts[0], attribute: parts[1], value: argumentOf(parts[2]), path: parts.slice(3) }
    case 'exec':
      return { mbean: parts[0], operation: parts[1], arguments: parts.slice(2).map(argumentOf) }
    case 'notification':
      return notificationFields(parts)
    default:
      return {}
  }
}

/** An empty part or `*` means all attributes; commas separate several. */
function attributeOf(part: string | undefined): unknown {
  if (part === undefined || part === '' || part === '*') return undefined
  return part.includes(',') ? part.split(',').filter((name) => name !== '') : part
}

/** `[null]` is null, `""` the empty string. */
function argumentOf(part: string | undefined): unknown {
  if (part === '[null]') return null
  return part === '""' ? '' : part
}

function notificationFields(parts: readonly string[]): Fields {
  const [command, client, ...rest] = parts
  switch (command) {
    case 'add':
      return { command, client, mode: rest[0], mbean: rest[1], filter: filterOf(rest[2]), handback: rest[4] }
    case 'remove':
      return { command, client, handle: rest[0] }
    case 'open':
      return { command, client, mode: rest[0] }
    default:
      return { command, client }
  }
}

function filterOf(part: string | undefined): readonly string[] | undefined {
  const names = part?.split(',').filter((name) => name.trim() !== '' && name !== '""')
  return names?.length ? names : undefined
}
