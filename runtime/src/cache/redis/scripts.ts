/**
 * What Redis does in one step. An entry is a hash (v: value, a: when its load began, f, s, x: fresh, stale and kept for failed loads until, g: tags as JSON) that
 * expires by itself. A purge leaves a mark with its time: what was loaded before it is neither stored nor read any more. Times are those of Redis, in
 * microseconds. The braces keep all of a cache on one node of a cluster.
 */

const DAY_MS = 86_400_000

/** Entries live no longer than the marks of purges. */
export const MAX_KEPT_MS = DAY_MS
/** Longer than any load: the mark of a key only keeps out what was on its way. */
const KEY_MARK_MS = 180_000

export interface Keys {
  readonly entry: (key: string) => string
  readonly keyMark: (key: string) => string
  readonly lock: (key: string) => string
  /** The tag follows. */
  readonly tagMarks: string
  readonly allMark: string
  readonly channel: string
}

export function keysOf(cache: string): Keys {
  const prefix = `spyglass:cache:{${cache}}`
  return {
    entry: (key) => `${prefix}:e:${key}`,
    keyMark: (key) => `${prefix}:p:${key}`,
    lock: (key) => `${prefix}:l:${key}`,
    tagMarks: `${prefix}:t:`,
    allMark: `${prefix}:all`,
    channel: `${prefix}:purges`,
  }
}

const COMMON = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local function text(number) return string.format('%.0f', number) end
local function isAfter(mark, at)
  local found = redis.call('GET', mark)
  return found and tonumber(found) >= at
end
local function isPurged(all, tagMarks, tags, at)
  if isAfter(all, at) then return true end
  for _, tag in ipairs(cjson.decode(tags)) do
    if isAfter(tagMarks .. tag, at) then return true end
  end
  return false
end
local function present(entry, all, tagMarks)
  local e = redis.call('HMGET', entry, 'v', 'a', 'f', 's', 'x', 'g')
  if not e[1] then return {text(now)} end
  if isPurged(all, tagMarks, e[6], tonumber(e[2])) then
    redis.call('DEL', entry)
    return {text(now)}
  end
  local function left(till) return text((tonumber(till) - now) / 1000) end
  return {text(now), e[1], left(e[3]), left(e[4]), left(e[5]), e[6], e[2]}
end
local function put(entry, value, at, fresh, stale, kept, tags)
  local function till(ms) return text(now + ms * 1000) end
  redis.call('DEL', entry)
  redis.call('HSET', entry, 'v', value, 'a', text(at), 'f', till(fresh), 's', till(stale), 'x', till(kept), 'g', tags)
  redis.call('PEXPIRE', entry, math.ceil(math.min(kept, ${MAX_KEPT_MS})))
end
`

export const scripts = {
  /** KEYS: entry, mark of all. ARGV: begin of the marks of tags. */
  spyglassCacheRead: { numberOfKeys: 2, lua: `${COMMON} return present(KEYS[1], KEYS[2], ARGV[1])` },
  /** KEYS: entry, mark of all, mark of the key. ARGV: begin of the marks of tags, value, fresh, stale, kept, tags, since when a purge counts. */
  spyglassCacheWrite: {
    numberOfKeys: 3,
    lua: `${COMMON}
local at = tonumber(ARGV[7])
if isAfter(KEYS[3], at) or isPurged(KEYS[2], ARGV[1], ARGV[6], at) then return 0 end
put(KEYS[1], ARGV[2], at, tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6])
return 1`,
  },
  /** KEYS: entry, mark of all, mark of the key. ARGV: value, fresh, stale, kept, tags, channel, message. */
  spyglassCachePut: {
    numberOfKeys: 3,
    lua: `${COMMON}
redis.call('SET', KEYS[3], text(now), 'PX', ${KEY_MARK_MS})
put(KEYS[1], ARGV[1], now + 1, tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5])
redis.call('PUBLISH', ARGV[6], ARGV[7])
return 1`,
  },
  /** KEYS: mark of all; then entries and marks of keys, in turn; then marks of tags. ARGV: channel, message, whether all, how many keys. */
  spyglassCachePurge: {
    lua: `${COMMON}
if ARGV[3] == '1' then redis.call('SET', KEYS[1], text(now), 'PX', ${MAX_KEPT_MS}) end
local keys = tonumber(ARGV[4])
for at = 1, keys do
  redis.call('DEL', KEYS[at * 2])
  redis.call('SET', KEYS[at * 2 + 1], text(now), 'PX', ${KEY_MARK_MS})
end
for at = keys * 2 + 2, #KEYS do redis.call('SET', KEYS[at], text(now), 'PX', ${MAX_KEPT_MS}) end
redis.call('PUBLISH', ARGV[1], ARGV[2])
return 1`,
  },
  /** KEYS: entry, mark of all, lock. ARGV: begin of the marks of tags, owner, oldest age, lease. Gives whether the load is its own, and the entry. */
  spyglassCacheClaim: {
    numberOfKeys: 3,
    lua: `${COMMON}
local entry = present(KEYS[1], KEYS[2], ARGV[1])
local isYoung = entry[7] and now - tonumber(entry[7]) < tonumber(ARGV[3]) * 1000
local isMine = not isYoung and redis.call('SET', KEYS[3], ARGV[2], 'NX', 'PX', math.ceil(tonumber(ARGV[4])))
return {isMine and 1 or 0, unpack(entry)}`,
  },
  /** KEYS: lock. ARGV: owner. */
  spyglassCacheRelease: {
    numberOfKeys: 1,
    lua: `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`,
  },
} as const
