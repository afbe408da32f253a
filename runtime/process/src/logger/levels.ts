/**
 * Levels of single loggers, which may change while the process runs. A logger is known by its process, its component, both, or the application
 * that it belongs to; the most exact name counts: `collector.wal`, then `wal`, then `collector`, then the level of all.
 */
import type { Logger } from 'pino'

export interface LogLevels {
  /** Of all loggers without one of their own. */
  readonly level: string
  /** By name. */
  readonly levels?: Readonly<Record<string, string>>
}

interface Names {
  readonly process: string
  readonly component?: string | undefined
  readonly application?: string | undefined
}

interface Known {
  readonly logger: WeakRef<Logger>
  readonly names: Names
}

/** When there are more, those that are gone are looked for. */
const MAX_KNOWN = 1000

let current: LogLevels = { level: 'info' }
let known: Known[] = []

/** Gives each logger of this process its level, and those that are made later. Unknown names do no harm: they may belong to other processes. */
export function setLogLevels(levels: LogLevels): void {
  current = levels
  known = known.filter(({ logger, names }) => {
    const living = logger.deref()
    if (living) living.level = levelOf(names)
    return living !== undefined
  })
}

/** The level that a logger of these names has now. */
export function levelOf({ process, component, application }: Names): string {
  const { level, levels = {} } = current
  const names = [component && `${process}.${component}`, application, component, process]
  const found = names.find((name) => name !== undefined && Object.hasOwn(levels, name))
  return (found === undefined ? undefined : levels[found]) ?? level
}

/** Watches a logger: its level follows the settings from now on, and that of the loggers made of it that name a component or an application. */
export function followLevels(logger: Logger, names: Names): void {
  logger.level = levelOf(names)
  if (known.length >= MAX_KNOWN) known = known.filter((one) => one.logger.deref() !== undefined)
  known.push({ logger: new WeakRef(logger), names })
  const child = Reflect.get(logger, 'child') as (this: Logger, ...args: unknown[]) => unknown
  // Loggers of single requests are made of others all the time; they have the level of their parent and do not live long.
  logger.child = function made(this: Logger, bindings: Record<string, unknown>, ...rest: never[]) {
    const one = child.call(this, bindings, ...rest) as Logger
    const { component, application } = bindings
    if (typeof component === 'string' || typeof application === 'string') {
      followLevels(one, {
        ...names,
        ...(typeof component === 'string' ? { component } : {}),
        ...(typeof application === 'string' ? { application } : {}),
      })
    }
    return one
  } as unknown as typeof logger.child
}
