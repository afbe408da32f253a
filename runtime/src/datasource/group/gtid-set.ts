/**
 * GTIDs as sets of transactions: whether one server has all that another has. Their numbers alone say nothing: those that one server alone has may be more than
 * those that were written elsewhere since.
 */

/** The numbers by who has given them (`domain-server` of MariaDB, `uuid` or `uuid:tag` of MySQL): ranges in order that do not touch. */
export type GtidSet = ReadonlyMap<string, readonly Range[]>

type Range = readonly [first: bigint, last: bigint]

/**
 * Of MariaDB `domain-server-number` (each has all before its own number), of MySQL `uuid:1-7:9`, separated by commas; undefined when it is neither.
 * `gtidSetOf('0-1-100,0-2-150')`
 */
export function gtidSetOf(text: string): GtidSet | undefined {
  const set = new Map<string, Range[]>()
  for (const part of text.split(',').map((one) => one.trim())) {
    const ranges = part === '' ? [] : (mariaDbRanges(part) ?? mysqlRanges(part))
    if (!ranges) return undefined
    for (const [key, range] of ranges) set.set(key, [...(set.get(key) ?? []), range])
  }
  return new Map([...set].map(([key, ranges]) => [key, joined(ranges)]))
}

/** Whether `whole` has each transaction of `part`. */
export function containsGtids(whole: GtidSet, part: GtidSet): boolean {
  return [...part].every(([key, ranges]) => {
    const found = whole.get(key) ?? []
    return ranges.every(([first, last]) => found.some((range) => range[0] <= first && last <= range[1]))
  })
}

function mariaDbRanges(part: string): readonly [string, Range][] | undefined {
  const [, key = '', number = ''] = /^(\d+-\d+)-(\d+)$/.exec(part) ?? []
  return key === '' ? undefined : [[key, [1n, BigInt(number)]]]
}

/** A tag counts for the ranges that follow it (MySQL 8.3). */
function mysqlRanges(part: string): readonly [string, Range][] | undefined {
  const [uuid = '', ...rest] = part.toLowerCase().split(':')
  if (!/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(uuid) || rest.length === 0) return undefined
  let key = uuid
  const ranges: [string, Range][] = []
  for (const piece of rest.map((one) => one.trim())) {
    const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(piece) ?? []
    if (first !== undefined && last !== undefined) ranges.push([key, [BigInt(first), BigInt(last)]])
    else if (/^[a-z_]\w{0,31}$/.test(piece)) key = `${uuid}:${piece}`
    else return undefined
  }
  return ranges
}

function joined(ranges: readonly Range[]): readonly Range[] {
  const result: Range[] = []
  for (const [first, last] of ranges.toSorted((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0))) {
    if (last < first) continue
    const before = result.at(-1)
    if (before && first <= before[1] + 1n) result[result.length - 1] = [before[0], last > before[1] ? last : before[1]]
    else result.push([first, last])
  }
  return result
}
