/** What declared rules look at: a real registry behind the MBean endpoint, and rows of services. */
import { SpyglassConfig } from '@spyglass/process/config'
import type { ResourceSnapshot } from '@spyglass/agent/contract'
import { createRegistry } from '@spyglass/agent/registry'
import { jolokiaPlugin } from '@spyglass/mbeans/jolokia'
import { kindNamed } from '@spyglass/mbeans/kinds'
import { parseRule, type Rule } from '@spyglass/dashboards'
import fastify from 'fastify'
import { kindsOf, rollupRuleOf } from '../../../collector/src/alert/declared-rules.ts'
import type { Finding } from '../../../collector/src/alert/rollup-rule.ts'
import { createLogger } from '@spyglass/process/logger'
import { SampleWindows } from '../../../collector/src/alert/sample-windows.ts'
import { RuleValues } from '../../../collector/src/alert/rule-values.ts'
import { createManagementClient, type QueryClient, type Row } from '../../../collector/src/query/index.ts'

export interface Scene {
  readonly resources?: readonly ResourceSnapshot[]
  /** Of a window of so many milliseconds that ended so many ago; or the same of any window. */
  readonly services?: readonly Row[] | ((windowMs: number, agoMs: number) => readonly Row[])
  readonly silent?: readonly Row[]
}

export const resource = (kind: string, keys: Readonly<Record<string, string>>, values: ResourceSnapshot['values']): ResourceSnapshot => ({
  kind,
  keys,
  values: { ...keys, ...values },
})

export async function openRuleWorld() {
  const registry = createRegistry({ kindNamed })
  const app = fastify()
  await app.register(jolokiaPlugin, { registry, agentId: 'test', version: '0' })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as { port: number }
  const management = createManagementClient(SpyglassConfig.parse({ management: { port } }))
  let scene: Scene = {}
  let now = 0
  const query: QueryClient = {
    rows: async (name, { parameters }) => {
      if (name === 'silent-services') return scene.silent ?? []
      const { services = [] } = scene
      if (typeof services !== 'function') return services
      const [from, to] = [parameters['from'], parameters['to']].map((text) => Date.parse(`${String(text).replace(' ', 'T')}Z`))
      return services(to! - from!, now - to!)
    },
    stop: async () => {},
  }
  return {
    management,
    query,
    /** What a rule finds in each scene, one scene each ten seconds. */
    async findings(rule: Rule, scenes: readonly Scene[]): Promise<readonly (readonly Finding[])[]> {
      now = 1_000_000_000
      const values = new RuleValues({ management, query, kinds: kindsOf([rule]), shareMs: 0, now: () => now })
      const judged = rollupRuleOf(rule, values, new SampleWindows({ logger: createLogger({ process: 'test', level: 'silent' }) }))!
      const found: (readonly Finding[])[] = []
      for (scene of scenes) {
        registry.adopt('all', { time: Date.now(), resources: scene.resources ?? [] })
        found.push(await judged.evaluate(query, now))
        now += 10_000
      }
      return found
    },
    [Symbol.asyncDispose]: () => app.close(),
  }
}

/** A rule from YAML that is good. */
export function ruleOf(text: string): Rule {
  const { rule, mistakes } = parseRule(text)
  if (!rule) throw new Error(mistakes.join('; '))
  return rule
}
