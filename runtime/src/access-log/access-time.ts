/** Times in patterns of the access log, in UTC. */

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

let second = Number.NaN
let ofSecond = ''

/** `31/Jan/2026:12:00:00 +0000`. Made once for each second. */
export function commonTime(ms: number): string {
  const present = Math.floor(ms / 1000)
  if (present !== second) {
    second = present
    const time = new Date(present * 1000)
    const day = String(time.getUTCDate()).padStart(2, '0')
    ofSecond = `${day}/${MONTHS[time.getUTCMonth()]}/${time.getUTCFullYear()}:${time.toISOString().slice(11, 19)} +0000`
  }
  return ofSecond
}

type Write = (time: Date) => string

const padded =
  (read: (time: Date) => number): ((width: number) => Write) =>
  (width) =>
  (time) =>
    String(read(time)).padStart(width, '0')

/** Letters of java.text.SimpleDateFormat, each by the number of times it stands in a row. */
const LETTERS: Readonly<Record<string, (width: number) => Write>> = {
  y: (width) => (time) => String(time.getUTCFullYear()).slice(width === 2 ? -2 : 0),
  M: (width) => (width > 2 ? (time) => MONTHS[time.getUTCMonth()] ?? '' : padded((time) => time.getUTCMonth() + 1)(width)),
  d: padded((time) => time.getUTCDate()),
  H: padded((time) => time.getUTCHours()),
  h: padded((time) => time.getUTCHours() % 12 || 12),
  m: padded((time) => time.getUTCMinutes()),
  s: padded((time) => time.getUTCSeconds()),
  S: padded((time) => time.getUTCMilliseconds()),
  a: () => (time) => (time.getUTCHours() < 12 ? 'AM' : 'PM'),
  E: (width) => (time) => (DAYS[time.getUTCDay()] ?? '').slice(0, width > 3 ? undefined : 3),
  Z: () => () => '+0000',
  X: () => () => 'Z',
  z: () => () => 'UTC',
}

const NUMBERS: Readonly<Record<string, (ms: number) => string>> = {
  sec: (ms) => String(Math.floor(ms / 1000)),
  msec: (ms) => String(Math.floor(ms)),
  msec_frac: (ms) => String(Math.floor(ms) % 1000).padStart(3, '0'),
}

const PIECE = /'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+/g

/** `sec`, `msec`, `msec_frac`, or letters of SimpleDateFormat (`yyyy-MM-dd'T'HH:mm:ss.SSSX`). Undefined: not such a form. */
export function timeFormat(form: string): ((ms: number) => string) | undefined {
  const number = NUMBERS[form]
  if (number) return number
  const pieces: Write[] = []
  let length = 0
  for (const [piece, quoted, letter] of form.matchAll(PIECE)) {
    length += piece.length
    const write =
      letter === undefined ? constant(quoted === undefined ? piece : quoted.replaceAll("''", "'") || "'") : LETTERS[letter]?.(piece.length)
    if (!write) return undefined
    pieces.push(write)
  }
  if (length !== form.length) return undefined
  return (ms) => {
    const time = new Date(ms)
    return pieces.map((write) => write(time)).join('')
  }
}

const constant = (text: string) => (): string => text
