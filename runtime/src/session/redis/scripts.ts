/**
 * What Redis does in one step (https://redis.io/docs/latest/develop/programmability/eval-intro/): each change only if nobody has changed the session since.
 * A session is a hash (v: version, t: state, c: created, u: until, m: mark of the last change) that expires by itself; a sorted set has all ids with their times, for the count. The braces keep
 * both on one node of a cluster. A change that comes again because its answer was lost is answered as if it came the first time.
 */

export const keyOf = (name: string, id: string): string => `spyglass:session:{${name}}:${id}`
export const indexOf = (name: string): string => `spyglass:session:{${name}}`

const PUT = `
local function put(version, text, created, till)
  redis.call('HSET', KEYS[1], 'v', version, 't', text, 'c', created, 'u', till)
  redis.call('PEXPIREAT', KEYS[1], till)
  redis.call('ZADD', KEYS[2], till, ARGV[1])
end
local function present() return redis.call('HMGET', KEYS[1], 'v', 't', 'c', 'u') end
`

/** KEYS: session, index. ARGV: id, and what each names. */
export const scripts = {
  /** ARGV: text, created, until. Gives the session. */
  spyglassCreate: `${PUT}
if redis.call('EXISTS', KEYS[1]) == 0 then put(1, ARGV[2], ARGV[3], ARGV[4]) end
return present()`,
  /** ARGV: text, version, until, mark. Gives whether it was written, and the session; nothing if there is none. */
  spyglassWrite: `${PUT}
local now = present()
if not now[1] then return {} end
local version = tonumber(now[1])
if redis.call('HGET', KEYS[1], 'm') == ARGV[5] then return {1, unpack(now)} end
if version ~= tonumber(ARGV[3]) then return {0, unpack(now)} end
put(version + 1, ARGV[2], now[3], ARGV[4])
redis.call('HSET', KEYS[1], 'm', ARGV[5])
return {1, unpack(present())}`,
  /** ARGV: until. */
  spyglassTouch: `${PUT}
local now = present()
if now[1] and tonumber(now[4]) < tonumber(ARGV[2]) then put(now[1], now[2], now[3], ARGV[2]) end
return 1`,
  /** ARGV: version, or nothing. Gives whether it is gone. */
  spyglassRemove: `
local version = redis.call('HGET', KEYS[1], 'v')
if version and ARGV[2] ~= '' and version ~= ARGV[2] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[1])
return 1`,
} as const

/** KEYS: index. ARGV: now. Gives how many have expired since somebody counted, and how many there are. */
export const countScript = `
local expired = redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
return {expired, redis.call('ZCARD', KEYS[1])}`
