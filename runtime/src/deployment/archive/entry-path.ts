/** Judges the names in an archive. Pure: an archive comes from outside, and what it says must not lead out of the folder it is unpacked to. */
import { posix } from 'node:path'

const MAX_PATH_BYTES = 4000
const MAX_PART_BYTES = 255
const MAX_DEPTH = 100

/** The path as it is unpacked, without `./` and a slash at the end; empty for the root itself. Otherwise what is wrong with it, and what to do. */
export function entryPath(path: string): { readonly path: string } | { readonly wrong: string } {
  if (path.includes('\\')) return { wrong: 'has a backslash in its path; pack it with / between folders' }
  if (/\p{Cc}/u.test(path)) return { wrong: 'has a control character in its path; rename it' }
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  if (path.startsWith('/') || /^[a-z]:/i.test(parts[0] ?? ''))
    return { wrong: 'has an absolute path; pack the folder of the application with paths relative to it' }
  if (parts.includes('..')) return { wrong: 'leads out of the archive; pack the folder of the application with paths below it' }
  if (parts.length > MAX_DEPTH) return { wrong: `is more than ${MAX_DEPTH} folders deep; leave it out` }
  if (Buffer.byteLength(path) > MAX_PATH_BYTES || parts.some((part) => Buffer.byteLength(part) > MAX_PART_BYTES))
    return { wrong: `has a path of more than ${MAX_PATH_BYTES} bytes, or a name of more than ${MAX_PART_BYTES}; rename it` }
  return { path: parts.join('/') }
}

/**
 * Whether a link at `path` stays within the folder `root` (empty: the whole archive) by its text. A link may still lead out by way of another
 * one; the unpacked links are followed for that.
 */
export function staysInside(path: string, target: string, root = ''): boolean {
  if (target === '' || target.startsWith('/') || target.includes('\\') || target.includes('\0')) return false
  const resolved = posix.normalize(posix.join(posix.dirname(`/in/${path}`), target))
  const base = root === '' ? '/in' : `/in/${root}`
  return resolved === base || resolved.startsWith(`${base}/`)
}
