/** Where a realm finds its users. A module of one's own has as its default export a function that makes one of these. */

import type { Person } from './person.ts'
import type { Provider } from './provider.ts'

export type { Person }

/**
 * @example
 * export default () => ({
 *   verify: async (user, password) => (await isRight(user, password)) ? { name: user, roles: ['clerk'] } : undefined,
 *   find: async (user) => ({ name: user, roles: ['clerk'] }),
 * })
 */
export interface UserSource {
  /** The person, if the password is right. Throws when that cannot be found out. */
  verify(user: string, password: string, client: string): Promise<Person | undefined>
  /** The person as it is now; undefined: there is none any more. Throws when that cannot be found out. */
  find(user: string): Promise<Person | undefined>
  /** Where people sign in, instead of with a password here. */
  readonly provider?: Provider
  close?(): unknown
}
