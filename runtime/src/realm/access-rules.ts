/**
 * Which roles may use which paths: the rules of an application, in their order; the first that matches counts. A path is compared decoded, in lower case,
 * without empty segments and without a slash at the end. Where routers read a path differently (an encoded slash, a semicolon), each reading has to be
 * allowed; what has no meaning but to be read differently (dot segments, two slashes at the start) is nobody's.
 */
import { normalPath, readingsOf } from '../front/path-readings.ts'

export interface AccessRule {
  /** `/admin`, or with everything below it `/admin/*`. Elsewhere a segment that is a star stands for any one. */
  readonly path: string
  /** Default: all. */
  readonly methods?: readonly string[] | undefined
  /** Any of these. None: everybody who is signed in. `*`: everybody, also who is not. */
  readonly roles?: readonly string[] | undefined
}

export const EVERYBODY = '*'

/** Undefined: everybody; none: everybody who has signed in. */
export type Roles = readonly string[] | undefined | 'nobody'

/** The roles that may use the path; undefined: no rule is for it, so it is open to everybody. Of several addresses each has to be allowed. */
export function rolesFor(rules: readonly AccessRule[], method: string, ...urls: readonly string[]): Roles {
  return urls
    .flatMap(readingsOf)
    .map((path) => rolesAt(rules, method.toUpperCase(), path))
    .reduce(strictest)
}

function rolesAt(rules: readonly AccessRule[], method: string, path: string | undefined): Roles {
  if (path === undefined) return 'nobody'
  const rule = rules.find((each) => isFor(each, method) && matches(normalPattern(each.path), path))
  if (!rule || rule.roles?.includes(EVERYBODY)) return undefined
  return rule.roles ?? []
}

function strictest(one: Roles, other: Roles): Roles {
  if (one === undefined || other === 'nobody') return other
  if (other === undefined || one === 'nobody' || other.length === 0) return one
  if (one.length === 0) return other
  const both = one.filter((role) => other.includes(role))
  return both.length === 0 ? 'nobody' : both
}

/** HEAD is answered as GET is. */
const isFor = ({ methods }: AccessRule, method: string): boolean =>
  methods === undefined || methods.some((each) => each.toUpperCase() === method || (method === 'HEAD' && each.toUpperCase() === 'GET'))

function normalPattern(pattern: string): string {
  const isOpen = pattern.endsWith('/*')
  const path = normalPath(isOpen ? pattern.slice(0, -1) : pattern) ?? pattern
  return isOpen ? `${path === '/' ? '' : path}/*` : path
}

/** `/admin/*` is for `/admin` as well: routers answer both alike. */
function matches(pattern: string, path: string): boolean {
  const isOpen = pattern.endsWith('/*')
  const [wanted, given] = [segmentsOf(isOpen ? pattern.slice(0, -2) : pattern), segmentsOf(path)]
  const isLong = isOpen ? given.length >= wanted.length : given.length === wanted.length
  return isLong && wanted.every((segment, at) => segment === '*' || segment === given[at])
}

const segmentsOf = (path: string): readonly string[] => path.split('/').filter((segment) => segment !== '')

export const mayUse = (roles: readonly string[], person: { readonly roles: readonly string[] }): boolean =>
  roles.length === 0 || roles.some((role) => person.roles.includes(role))
