/** Keys of limits: short whatever a client sends, and one for all addresses that one client can choose from. */
import { createHash } from 'node:crypto'
import { isIP } from 'node:net'

const MAX_LENGTH = 64
/** Groups of an IPv6 address that name its network: a client has all addresses of a /64. */
const NETWORK_GROUPS = 4
const GROUPS = 8

/** A long key is known by its digest. The mark in front keeps it apart from keys that look like one. */
export function boundedKey(key: string): string {
  if (key.length <= MAX_LENGTH && !key.startsWith('#') && !key.startsWith('\0')) return key
  return `#${createHash('sha256').update(key).digest('base64url')}`
}

/** `10.0.0.1` is itself, `2001:db8::7` is `2001:db8:0:0::/64`, `::ffff:10.0.0.1` is `10.0.0.1`. */
export function addressKey(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').split('%', 1)[0] ?? ''
  return isIP(plain) === 6 ? `${networkOf(plain).join(':')}::/64` : boundedKey(plain)
}

function networkOf(address: string): readonly string[] {
  const [left = '', right] = address.toLowerCase().split('::')
  const groups = left === '' ? [] : left.split(':')
  const last = right === undefined || right === '' ? [] : right.split(':')
  const width = last.length + (last.at(-1)?.includes('.') ? 1 : 0) // 1.2.3.4 at the end stands for two groups
  const zeros = right === undefined ? 0 : GROUPS - groups.length - width
  const all = [...groups, ...Array.from({ length: zeros }, () => '0'), ...last]
  return all.slice(0, NETWORK_GROUPS).map((group) => group.replace(/^0+(?=.)/, ''))
}
