/** Whether a folder is on a disk that takes no changes. */
import { accessSync, constants, utimesSync } from 'node:fs'
import { codeOf } from '@spyglass/agent/contract'

/**
 * The flag of the file system is not enough: since Linux 6.14 an ext4 that met an error keeps it clear and refuses each change instead. So the folder gets
 * a new time, which needs no space.
 */
export function isReadOnly(folder: string): boolean {
  return [() => accessSync(folder, constants.W_OK), () => utimesSync(folder, new Date(), new Date())].some(failsReadOnly)
}

function failsReadOnly(action: () => void): boolean {
  try {
    action()
    return false
  } catch (error) {
    return codeOf(error) === 'EROFS' // not its owner, or no such folder: another matter
  }
}
