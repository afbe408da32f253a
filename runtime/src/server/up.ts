/**
 * `spyglass up` and `spyglass server`: from arguments to a running server that ends on Ctrl-C. This process becomes the holder; what is said
 * to the user from then on is said by the decider (decider-main.ts).
 */
import { checkedArguments, dataFolder, parseOffset, writeChecked } from '@spyglass/process/checked-config'
import type { LoadOptions } from '@spyglass/process/config'
import { lockDataFolder } from '../holder/data-lock.ts'
import { type KeeperLog, openKeeperLog } from '../holder/keeper-log.ts'
import { startOrphanGuard } from '../holder/orphan-guard.ts'
import { awaitPredecessors, keeperMark, probePorts, serverMark } from '../holder/predecessors.ts'
import { keepSockets } from '../holder/kept-sockets.ts'
import { type RunningHolder, runHolder } from '../holder/run-holder.ts'
import { type CheckedStart, checkConfig } from './check.ts'
import { demoSettings } from './demo.ts'
import { deciderSocket, ownSockets } from './own-sockets.ts'
import { baseExecArgv, ownEntry } from './part-scripts.ts'
import { portsOf, type Role } from './ports.ts'
import { outliveReaders, say } from './say.ts'
import { writeStart } from './start-file.ts'

export interface UpOptions {
  readonly config?: string | undefined
  readonly data?: string | undefined
  readonly 'port-offset'?: string | undefined
  readonly demo?: boolean | undefined
}

/**
 * Starts, and stays until everything has stopped. Resolves with the exit code. After a crash of the previous keeper on the data folder, it
 * waits until the processes of that keeper are gone.
 * @throws SPY_CONFIG_…, SPY_DATA_IN_USE, SPY_DATA_UNLOCKABLE, SPY_LOG_UNWRITABLE, SPY_SOCKET_FAILED, SPY_PORT_TAKEN, SPY_LISTEN_FAILED before anything was started
 */
export async function up(options: UpOptions, role: Role): Promise<number> {
  outliveReaders()
  const checked = await checkConfig(loadOptions(options))
  for (const remark of checked.remarks) process.stderr.write(`spyglass: ${remark}\n`)
  const { root, run } = folderOf(checked)
  const lock = lockDataFolder(root, run)
  try {
    await awaitPredecessors(root)
    await probePorts([...portsOf(checked.config, role), ...listenersOf(checked)], lock.afterCrash)
    return await hold(checked, options, role)
  } finally {
    lock.release()
  }
}

async function hold(checked: CheckedStart, options: UpOptions, role: Role): Promise<number> {
  const folder = folderOf(checked)
  writeChecked(folder.run, checked)
  writeStart(folder.run, checked)
  const log = openKeeperLog(folder.serverLog, { output: checked.config.logs.output })
  const sockets = keepSockets(ownSockets(folder))
  const guard = startOrphanGuard(keeperMark, (reason) => log.warn({ reason }, 'the orphan guard exited; restarting it'))
  const holder = runHolder({
    log,
    guard,
    sockets,
    decider: {
      script: ownEntry('server/decider-main'),
      args: [...checkedArguments(folder.run), '--role', role, ...(options.demo ? ['--demo'] : [])],
      execArgv: [...baseExecArgv, '--disable-warning=ExperimentalWarning', '--max-semi-space-size=2'],
      env: { ...process.env, ...serverMark(folder.root) },
      socket: deciderSocket,
    },
  })
  stopOnSignal(holder)
  onHangUp(log)
  if (checked.firstStart) say(`created secrets in ${folder.secrets} (mode 0600)`)
  const code = await holder.ended
  guard.close()
  sockets.close()
  await log.close()
  return code
}

const folderOf = ({ config }: CheckedStart) => dataFolder(config.data, config.logs.folder)

function listenersOf({ config }: CheckedStart) {
  return config.listeners.map(({ name, host, port }) => ({ name: `listeners.${name}.port`, host, port }))
}

function loadOptions({ config, data, demo, 'port-offset': offset }: UpOptions): LoadOptions {
  return { file: config, data, portOffset: parseOffset(offset), toStart: true, ...(demo ? { base: demoSettings() } : {}) }
}

/** Whether somebody sits at a terminal, which says SIGHUP when it is closed. */
const isAttended = (): boolean => process.stdin.isTTY || process.stdout.isTTY

/** Without a terminal SIGHUP means, as for every daemon, that logs were rotated. Writers of access logs notice that by themselves. */
function onHangUp(log: KeeperLog): void {
  if (!isAttended()) process.on('SIGHUP', () => log.reopen())
}

/**
 * The first signal stops everything in order, a later one at once. What comes within a second is the same signal again: a process group
 * gets it directly and from each parent that passes it on.
 */
function stopOnSignal(holder: RunningHolder): void {
  let firstAt: number | undefined
  const onSignal = (): void => {
    if (firstAt !== undefined && Date.now() - firstAt > 1000) process.exit(130)
    if (firstAt !== undefined) return
    firstAt = Date.now()
    say('stopping; press again to stop at once')
    holder.stop()
  }
  for (const signal of ['SIGINT', 'SIGTERM', ...(isAttended() ? (['SIGHUP'] as const) : [])] as const) process.on(signal, onSignal)
}
