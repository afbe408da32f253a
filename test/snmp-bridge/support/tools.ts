/** Debian's SNMP tools as child processes. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface Output {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** What the tools print the first time they run on a machine. */
const FIRST_RUN = /^Created directory: .*\n/gm

export interface RunOptions {
  readonly timeoutMs?: number
  readonly cwd?: string
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>
}

export function run(program: string, args: readonly string[], { timeoutMs = 20_000, cwd, env }: RunOptions = {}): Promise<Output> {
  return new Promise((resolve) => {
    execFile(
      program,
      args,
      { timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024, cwd, env: { ...process.env, ...env } },
      (error, stdout, stderr) => {
        const code = error ? (typeof error.code === 'number' ? error.code : 1) : 0
        resolve({ code, stdout, stderr: stderr.replaceAll(FIRST_RUN, '') })
      },
    )
  })
}

export interface TrapDaemon {
  readonly lines: readonly string[]
  /** The first line that holds all of these texts. */
  line(...texts: readonly string[]): Promise<string>
  stop(): Promise<void>
}

export interface TrapDaemonOptions {
  readonly port: number
  readonly configFile: string
  readonly mibs: string
  /** Folder for what the daemon remembers. */
  readonly state: string
}

/** Starts snmptrapd with one line for each notification on standard output. */
export async function startTrapDaemon({ port, configFile, mibs, state }: TrapDaemonOptions): Promise<TrapDaemon> {
  const child: ChildProcess = spawn(
    'snmptrapd',
    ['-f', '-Lo', '-C', '-c', configFile, '-M', mibs, '-m', 'SPYGLASS-MIB:SNMPv2-MIB', '-F', '%v |%N\n', '-OQ', `udp:127.0.0.1:${port}`],
    { env: { ...process.env, SNMP_PERSISTENT_DIR: state }, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const lines: string[] = []
  const waiting = new Set<() => void>()
  for (const stream of [child.stdout!, child.stderr!]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line)
      for (const check of waiting) check()
    })
  }
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))

  function line(...texts: readonly string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(check)
        reject(new Error(`no line with ${texts.join(', ')} in:\n${lines.join('\n')}`))
      }, 15_000)
      function check(): void {
        const found = lines.find((candidate) => texts.every((text) => candidate.includes(text)))
        if (found === undefined) return
        clearTimeout(timer)
        waiting.delete(check)
        resolve(found)
      }
      waiting.add(check)
      check()
    })
  }

  await line('NET-SNMP version')
  return {
    lines,
    line,
    async stop() {
      child.kill()
      await exited
    },
  }
}
