/** The rules of this server: those that come with the version, and those in its own folder. */
import { loadRules, type Rule, shippedRules } from '@spyglass/dashboards'
import { codeOf, messageOf } from '@spyglass/agent/contract'
import type { SpyglassConfig } from '@spyglass/process/config'
import type { Logger } from '@spyglass/process/logger'
import { fail } from './errors.ts'

/** A file that holds no rule is told and left out: one mistake must not cost the others. */
export function alertRulesOf({ rules: folder }: Pick<SpyglassConfig['alerting'], 'rules'>, logger: Logger): readonly Rule[] {
  const shipped = shippedRules()
  if (folder === undefined) return shipped
  try {
    const { rules, wrong } = loadRules(folder, shipped)
    for (const { file, mistakes } of wrong) {
      const { code, message } = fail('SPY_ALERT_RULE_INVALID', [file, mistakes.join('; ')])
      logger.error({ code }, message)
    }
    return [...shipped, ...rules]
  } catch (error) {
    logger.error({ code: codeOf(error) }, messageOf(error))
    return shipped
  }
}
