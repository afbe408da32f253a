/**
 * Ends the processes of a killed keeper. Each of them exits on its own when the channel to the keeper closes, if its event loop
 * runs; one that is stopped, spins, or is inside native code does not, and a watchdog thread in each would cost 5 MB per process.
 * So one `sh` waits on a pipe that only the keeper holds open; the kernel closes it when the keeper ends, for whatever
 * reason. What is still alive some seconds later gets SIGKILL.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { Socket } from 'node:net'
import { processStat } from './process-stat.ts'

/**
 * The last line is the list of living processes, `pid:began`. A pid that was reused by another process is left alone. Where there is a
 * /proc, what those processes started (the store's engine, workers of applications) is found by the mark in its environment, `$1`.
 */
const SCRIPT = `
trap '' INT TERM HUP
mark=$1
lives() {
  kill -0 "$1" 2>/dev/null || return 1
  [ "$2" = - ] && return 0
  { IFS= read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  set -- "$2" \${stat##*) }
  [ "$1" = "\${21}" ]
}
marked() { grep -lzxF "$mark" /proc/[0-9]*/environ 2>/dev/null; }
any() {
  for one in $list; do lives "\${one%%:*}" "\${one#*:}" && return 0; done
  [ -n "$(marked)" ]
}
list=
while read -r line; do list=$line; done
[ "$list" = end ] && exit 0
for second in 1 2 3 4; do any || exit 0; sleep 1; done
for one in $list; do lives "\${one%%:*}" "\${one#*:}" && kill -9 "\${one%%:*}"; done
for file in $(marked); do pid=\${file#/proc/}; kill -9 "\${pid%/environ}"; done
`

const RESTART_MS = 1000

export interface OrphanGuard {
  /** A process was started. */
  watch(pid: number): void
  /** It has exited and was reaped. */
  forget(pid: number): void
  /** The keeper ends. */
  close(): void
}

/** `mark` is the `NAME=value` that every process of this keeper, and no other, has in its environment. */
export function startOrphanGuard(mark: string, onFailure: (reason: string) => void): OrphanGuard {
  const living = new Map<number, string>()
  let guard: ChildProcess | undefined
  let restart: NodeJS.Timeout | undefined
  let closed = false

  function start(): void {
    const child = spawn('/bin/sh', ['-c', SCRIPT, 'spyglass-orphan-guard', mark], {
      detached: true, // Ctrl-C and a closed terminal reach the keeper's process group, not this one
      stdio: ['pipe', 'ignore', 'ignore'],
      env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
    })
    guard = child
    child.stdin?.on('error', () => {}) // it has ended: `exit` follows
    child.on('error', (error) => onFailure(error.message))
    child.on('exit', (code, signal) => ended(signal ?? `exit code ${code}`))
    child.unref()
    if (child.stdin instanceof Socket) child.stdin.unref()
    tell()
  }

  function ended(how: string): void {
    guard = undefined
    if (closed) return
    onFailure(how)
    restart = setTimeout(start, RESTART_MS).unref()
  }

  function tell(): void {
    guard?.stdin?.write(`${[...living].map(([pid, began]) => `${pid}:${began}`).join(' ')}\n`)
  }

  start()
  return {
    watch(pid) {
      living.set(pid, processStat(pid)?.began ?? '-')
      tell()
    },
    forget(pid) {
      if (living.delete(pid)) tell()
    },
    close() {
      closed = true
      clearTimeout(restart)
      guard?.stdin?.end('end\n')
    },
  }
}
