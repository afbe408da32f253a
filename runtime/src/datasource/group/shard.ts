/** Which member has a key: rendezvous hashing, so that a member that comes or goes moves only its own keys. */
import { createHash } from 'node:crypto'
import type { Member } from './member.ts'

/** The member of a key, by the names and weights of the members alone. There is one with a weight. */
export function shardOf(key: string, members: readonly Pick<Member, 'name' | 'weight'>[]): string {
  let [best, name] = [Number.NEGATIVE_INFINITY, '']
  for (const member of members) {
    const score = member.weight === 0 ? Number.NEGATIVE_INFINITY : scoreOf(key, member)
    if (score > best) [best, name] = [score, member.name]
  }
  return name
}

/** Weighted rendezvous: -weight / ln(hash), the hash in (0, 1). */
function scoreOf(key: string, { name, weight }: Pick<Member, 'name' | 'weight'>): number {
  const hash = createHash('sha256').update(name).update('\n').update(key).digest().readUIntBE(0, 6)
  return -weight / Math.log((hash + 0.5) / 2 ** 48)
}
