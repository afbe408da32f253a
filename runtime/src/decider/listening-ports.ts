import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** TCP ports that a process listens on, from /proc (Linux). */
export function listeningPorts(pid: number): ReadonlySet<number> {
  const sockets = new Set(readdirSync(`/proc/${pid}/fd`).map((fd) => inodeOf(`/proc/${pid}/fd/${fd}`)))
  const lines = readFileSync(`/proc/${pid}/net/tcp`, 'utf8').split('\n').slice(1)
  const fields = lines.map((line) => line.trim().split(/\s+/)) // 1: address:port in hexadecimal, 3: state (0A is LISTEN), 9: inode
  return new Set(
    fields.flatMap((field) => (field[3] === '0A' && sockets.has(field[9]) ? [Number.parseInt(field[1]!.split(':')[1]!, 16)] : [])),
  )
}

function inodeOf(link: string): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(link))?.[1]
  } catch {
    return undefined // closed meanwhile
  }
}
