/** Rules from a folder: one in each `.yaml` file. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { messageOf } from '@spyglass/agent/contract'
import { fail } from '../errors.ts'
import { fileNameOf, parseRule } from './parse-rule.ts'
import { parseRecordings, type Recording } from './recording.ts'
import type { Rule } from './rule.ts'

export interface RuleMistakes {
  readonly file: string
  readonly mistakes: readonly string[]
}

export interface LoadedRules {
  readonly rules: readonly Rule[]
  /** Of files that hold no rule. */
  readonly wrong: readonly RuleMistakes[]
}

/** Folder of the rules that come with this version. */
export const SHIPPED_RULES = fileURLToPath(new URL('../../rules/', import.meta.url))
const FILE = /\.ya?ml$/

/** The rules that come with this version. */
export function shippedRules(): readonly Rule[] {
  const { rules, wrong } = loadRules(SHIPPED_RULES)
  if (wrong[0]) throw fail('SPY_RULE_INVALID', [wrong[0].file, wrong[0].mistakes.join('; ')])
  return rules
}

/** Every rule of a folder that is one; what is wrong with the others. A name that is taken is a mistake. @throws SPY_RULES_UNREADABLE */
export function loadRules(folder: string, taken: readonly Rule[] = []): LoadedRules {
  const names = new Set(taken.map(({ name }) => name))
  const loaded = filesOf(folder).map((file) => ({ file, ...parseRule(readFileSync(join(folder, file), 'utf8')) }))
  const doubles = loaded.filter(({ rule }) => rule && (names.has(rule.name) || !names.add(rule.name)))
  const isDouble = ({ file }: { readonly file: string }): boolean => doubles.some((double) => double.file === file)
  return {
    rules: loaded.flatMap((one) => (one.rule && !isDouble(one) ? [one.rule] : [])),
    wrong: loaded.flatMap(({ file, rule, mistakes }) => {
      if (rule && isDouble({ file })) return [{ file: join(folder, file), mistakes: [`name: there is a rule ${rule.name} already`] }]
      return mistakes.length === 0 ? [] : [{ file: join(folder, file), mistakes }]
    }),
  }
}

/** Incidents that were recorded for a rule: those of the file of its name in the folder `recorded`. None without it. @throws SPY_RECORDING_INVALID */
export function loadRecordings(folder: string, { name }: Pick<Rule, 'name'>): readonly Recording[] {
  const file = join(folder, 'recorded', `${fileNameOf(name)}.yaml`)
  if (!existsSync(file)) return []
  const { recordings, mistakes } = parseRecordings(readFileSync(file, 'utf8'))
  if (mistakes.length > 0) throw fail('SPY_RECORDING_INVALID', [file, mistakes.join('; ')])
  return recordings
}

function filesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((file) => FILE.test(basename(file)))
      .sort()
  } catch (error) {
    throw fail('SPY_RULES_UNREADABLE', [folder, messageOf(error)], error)
  }
}
