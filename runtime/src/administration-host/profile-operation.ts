/** `instance.NAME.profile`: the instance takes it, and the console shows it. */
import { errorsOf } from '@spyglass/agent/contract'
import type { TakenProfile } from '@spyglass/agent'
import { administrationErrors } from '../administration/errors.ts'
import type { Executors } from '../administration/index.ts'

const fail = errorsOf(administrationErrors)

const DEFAULT_SECONDS = 10
const MAX_SECONDS = 60
const KINDS = ['cpu', 'wall']
/** The loop of the instance may be busy when it is asked, and when it answers. */
const MARGIN_MS = 15_000

export interface ProfileOperationOptions {
  readonly ask: (instance: string, operation: string, given: Readonly<Record<string, unknown>>, answerMs?: number) => Promise<unknown>
  readonly consoleUrl: () => string
}

export function profileOperation({ ask, consoleUrl }: ProfileOperationOptions): Executors {
  return {
    async 'instance.profile'({ keys: { name = '' }, arguments: { seconds = DEFAULT_SECONDS, kind = 'cpu' } }) {
      if (typeof seconds !== 'number' || seconds < 1 || seconds > MAX_SECONDS)
        throw fail('SPY_ADMIN_ARGUMENT', ['profile', `seconds is not a whole number from 1 to ${MAX_SECONDS}`])
      if (!KINDS.includes(String(kind))) throw fail('SPY_ADMIN_ARGUMENT', ['profile', `kind is not one of ${KINDS.join(', ')}`])
      const taken = (await ask(name, 'profile', { seconds, kind }, seconds * 1000 + MARGIN_MS)) as TakenProfile
      return textOf(taken, consoleUrl())
    },
  }
}

function textOf({ traceId, durationMs, cpuMs, by }: TakenProfile, url: string): string {
  const [all, cpu] = [durationMs, cpuMs].map((ms) => (ms / 1000).toFixed(1))
  return `${cpu} s on the processor of ${all} s, by ${by}: ${url}/#/trace/${traceId}`
}
