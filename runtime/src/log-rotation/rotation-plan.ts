/** What rotation does with the files of one log, as pure functions: when a new file begins, what the old one is called, what is compressed and deleted. */

export interface RotationSettings {
  /** Size at which a log is rotated. 0: never. */
  readonly maxBytes: number
  /** Whether a new file begins with each day, in local time. */
  readonly daily: boolean
  readonly compress: boolean
  /** Rotated files kept of each log. 0: no limit. */
  readonly keepFiles: number
  /** Days that they are kept. 0: no limit. */
  readonly keepDays: number
}

export interface LogFileState {
  readonly sizeBytes: number
  /** In milliseconds since the epoch. */
  readonly createdAt: number
  readonly modifiedAt: number
}

const DAY_MS = 86_400_000

/** Whether the log is to be rotated now. An empty file never is. */
export function isDue({ sizeBytes, createdAt }: LogFileState, { maxBytes, daily }: RotationSettings, now: number): boolean {
  if (sizeBytes === 0) return false
  return (maxBytes > 0 && sizeBytes >= maxBytes) || (daily && dayOf(createdAt) < dayOf(now))
}

/** `server.log-20261126T140509`: not what a reader of `*.log` takes for a log of its own. `isTaken` says whether there is such a file. */
export function rotatedName(name: string, now: number, isTaken: (name: string) => boolean): string {
  const time = new Date(now)
  const [year, month, day, hour, minute, second] = [
    time.getFullYear(),
    time.getMonth() + 1,
    time.getDate(),
    time.getHours(),
    time.getMinutes(),
    time.getSeconds(),
  ].map((part) => String(part).padStart(2, '0'))
  const plain = `${name}-${year}${month}${day}T${hour}${minute}${second}`
  for (let n = 0; ; n++) {
    const candidate = n === 0 ? plain : `${plain}-${String(n).padStart(3, '0')}`
    if (!isTaken(candidate) && !isTaken(`${candidate}.gz`)) return candidate
  }
}

export interface RotatedFile {
  readonly name: string
  readonly modifiedAt: number
}

const ROTATED = /^(.+\.log)-\d{8}T\d{6}(-\d{3,})?(\.gz)?$/

/** The log that a rotated file belongs to; undefined when it is none. */
export const logOf = (name: string): string | undefined => ROTATED.exec(name)?.[1]

/** Rotated files that are to be deleted: too old, or too many. */
export function expired(files: readonly RotatedFile[], { keepFiles, keepDays }: RotationSettings, now: number): readonly string[] {
  const newest = files.toSorted((a, b) => (a.name < b.name ? 1 : -1))
  return newest
    .filter(({ modifiedAt }, at) => (keepFiles > 0 && at >= keepFiles) || (keepDays > 0 && now - modifiedAt > keepDays * DAY_MS))
    .map(({ name }) => name)
}

/** Local days since the epoch. */
function dayOf(time: number): number {
  return Math.floor((time - new Date(time).getTimezoneOffset() * 60_000) / DAY_MS)
}
