/** Compares passwords with hashes that `spyglass secret password` makes. */
import { hashPassword, isPasswordOf } from '@spyglass/process/access'

export class StoredPassword {
  /** Hash of a password that nobody has. */
  #nobody: Promise<string> | undefined

  /** Without a hash, since there is no such user, it is false, and takes as long as with one. */
  async isRight(password: string, hash: string | undefined): Promise<boolean> {
    const isRight = await isPasswordOf(password, hash ?? (await (this.#nobody ??= hashPassword(''))))
    return isRight && hash !== undefined
  }
}
