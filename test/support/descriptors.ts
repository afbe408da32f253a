import { readdirSync, readlinkSync } from 'node:fs'

/** How many descriptors of this process are open on a file. */
export function descriptorsOn(file: string): number {
  const targets = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      return '' // closed meanwhile
    }
  })
  return targets.filter((target) => target === file).length
}
