/** Where a realm finds its users. A module of one's own has as its default export a function that makes one of these. */

export interface Person {
  readonly name: string
  readonly roles: readonly string[]
}

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
  close?(): unknown
}
