/** URLs of databases, as settings have them. */

/** Protocols by the driver that speaks them. */
const protocols: Readonly<Record<string, readonly string[]>> = { pg: ['postgres:', 'postgresql:'], mysql2: ['mysql:', 'mariadb:'] }

/** Whether it is the URL of a database, and of one that this driver connects to. */
export const isDatabaseUrl = (text: string, drivers = Object.keys(protocols)): boolean =>
  drivers.some((driver) => protocols[driver]?.includes(URL.parse(text)?.protocol ?? ''))

/** Neither before the host nor as a parameter, where drivers accept it as well. */
export function hasNoPassword(text: string): boolean {
  const url = URL.parse(text)
  return !url || (url.password === '' && ![...url.searchParams.keys()].some((name) => /pass/i.test(name)))
}

/** What connects decodes it: one that cannot be would fail there, where nobody waits for it. */
export function hasReadableUser(text: string): boolean {
  try {
    decodeURIComponent(URL.parse(text)?.username ?? '')
    return true
  } catch {
    return false
  }
}
