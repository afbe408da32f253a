import { userInfo } from 'node:os'

/** The user this process runs as, by name; a container may not know the name, but has a number. */
export function ownUser(): string {
  try {
    return userInfo().username
  } catch {
    return `uid-${process.getuid?.() ?? 'unknown'}`
  }
}
