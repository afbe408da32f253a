/** From what a provider claims of somebody to a person with roles. */
import { wrongShape } from '@spyglass/process/durable-file'
import { rolesBy } from '../roles-by.ts'
import type { Person } from '../user-source.ts'

export interface ClaimNames {
  readonly nameClaim: string
  readonly rolesClaim: string
  /** Roles by what the claim says. */
  readonly roles: Readonly<Record<string, string>>
}

type Claims = Readonly<Record<string, unknown>>

/** @throws if there is no name; roles that are none of the shapes are none */
export function personIn(claims: Claims, { nameClaim, rolesClaim, roles }: ClaimNames): Person {
  const name = claimAt(claims, nameClaim)
  if (typeof name !== 'string' || name === '') throw wrongShape(`the provider gives no claim ${nameClaim} with a text (nameClaim)`)
  return { name, roles: rolesBy(roles, textsIn(claimAt(claims, rolesClaim))) }
}

/** A name with dots may be that of one claim, as those that are URLs, or a path. */
function claimAt(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name]
  return name.split('.').reduce<unknown>((value, part) => {
    const isThere = typeof value === 'object' && value !== null && Object.hasOwn(value, part)
    return isThere ? (value as Claims)[part] : undefined
  }, claims)
}

function textsIn(value: unknown): readonly string[] {
  const all: readonly unknown[] = Array.isArray(value) ? value : [value]
  return all.filter((each): each is string => typeof each === 'string' && each !== '')
}
