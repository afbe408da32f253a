/** Roles of the groups that somebody else keeps: each group is a role, or what the configuration makes of it. */
export function rolesBy(roles: Readonly<Record<string, string>>, groups: readonly string[]): readonly string[] {
  if (Object.keys(roles).length === 0) return groups
  return [...new Set(groups.flatMap((group) => (Object.hasOwn(roles, group) ? [roles[group]!] : [])))]
}
