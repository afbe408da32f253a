/**
 * Which roles may use which paths: the rules of an application, in their order; the first that matches counts. A path is compared as the most generous
 * router would read it: decoded, without empty and dot segments, in lower case, without a slash at the end. What is compared too strictly is refused;
 * what were compared too loosely would be open.
 */

export interface AccessRule {
  /** `/admin`, or with everything below it `/admin/*`. */
  readonly path: string
  /** Default: all. */
  readonly methods?: readonly string[] | undefined
  /** Any of these. None: everybody who is signed in. `*`: everybody, also who is not. */
  readonly roles?: readonly string[] | undefined
}

export const EVERYBODY = '*'

/** Undefined: the path cannot be read, and is nobody's. */
export function normalPath(url: string): string | undefined {
  const [raw = ''] = url.split(/[?#]/, 1)
  const segments: string[] = []
  try {
    for (const segment of decodeURIComponent(raw).replaceAll('\\', '/').split('/')) {
      if (segment === '..') segments.pop()
      else if (segment !== '' && segment !== '.') segments.push(segment.toLowerCase())
    }
  } catch {
    return undefined
  }
  return `/${segments.join('/')}`
}

/** The roles of the first rule that matches; undefined: none does, so it is open to everybody. An unreadable path is closed to all. */
export function rolesFor(rules: readonly AccessRule[], method: string, url: string): readonly string[] | undefined | 'nobody' {
  const path = normalPath(url)
  if (path === undefined) return 'nobody'
  const rule = rules.find((each) => isFor(each, method) && matches(normalPattern(each.path), path))
  if (!rule || rule.roles?.includes(EVERYBODY)) return undefined
  return rule.roles ?? []
}

/** HEAD is answered as GET is. */
const isFor = ({ methods }: AccessRule, method: string): boolean =>
  methods === undefined || methods.includes(method) || (method === 'HEAD' && methods.includes('GET'))

function normalPattern(pattern: string): string {
  const isOpen = pattern.endsWith('/*')
  const path = normalPath(isOpen ? pattern.slice(0, -1) : pattern) ?? pattern
  return isOpen ? `${path === '/' ? '' : path}/*` : path
}

/** `/admin/*` is for `/admin` as well: routers answer both alike. */
function matches(pattern: string, path: string): boolean {
  if (!pattern.endsWith('/*')) return pattern === path
  const start = pattern.slice(0, -2)
  return path === start || path.startsWith(`${start}/`) || start === ''
}

export const mayUse = (roles: readonly string[], person: { readonly roles: readonly string[] }): boolean =>
  roles.length === 0 || roles.some((role) => person.roles.includes(role))
