/** What an application may tell the agent. Where no agent runs, every call does nothing. */
import { type Agent, currentAgent } from './current-agent.ts'

export const spyglass = {
  /**
   * Says something of the request, job or message that runs now: who asks, for which tenant, about what. It is an attribute of the root span if the
   * trace is kept, and of nothing else. At most 32 of them, names of 64 and texts of 256 characters; what looks like a secret is redacted.
   *
   * @example spyglass.attribute('tenant', tenant.id)
   */
  attribute(name: string, value: string | number | bigint | boolean): void {
    const agent: Partial<Agent> | undefined = currentAgent() // perhaps of an older copy of this package
    agent?.attribute?.(name, value)
  },

  /**
   * Aborted when the request that runs now is cancelled by an operator, or when its client gives up. Undefined where none runs or no agent does. Pass it on to what
   * can be given up.
   *
   * @example await fetch(url, { signal: spyglass.signal() })
   */
  signal(): AbortSignal | undefined {
    const agent: Partial<Agent> | undefined = currentAgent()
    return agent?.signal?.()
  },
} as const
