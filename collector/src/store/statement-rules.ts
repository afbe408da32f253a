/** What a statement from outside may say, made from what the running engine says of itself. */
import { engineFunction, functionRules, FUNCTIONS_QUERY } from './gate/functions.ts'
import { createGate, type Gate } from './gate/gate.ts'
import { rowsOf, type StoreSession } from './session.ts'
import { type LimitOptions, readerLimits } from './session-pools.ts'
import { allowedSettings } from './settings/allowed.ts'
import { createSettingsJudge, type SettingsJudge } from './settings/request-settings.ts'
import { knownSettings, SETTINGS_QUERY } from './settings/setting-names.ts'

export interface StatementRules {
  readonly gate: Gate
  readonly settings: SettingsJudge
}

/** Reads the engine's functions with `admin`, and its settings as they are for a reader. */
export async function openStatementRules(
  { admin, reader }: { readonly admin: StoreSession; readonly reader: StoreSession },
  options: LimitOptions,
): Promise<StatementRules> {
  const gate = createGate(functionRules((await rowsOf(admin, FUNCTIONS_QUERY)).map(engineFunction)))
  const rules = allowedSettings(readerLimits(options))
  const known = knownSettings(await rowsOf(reader, SETTINGS_QUERY), rules)
  // In lines of its own, so that a comment at its end cannot hide the closing bracket.
  const checkCondition = async (condition: string, session: StoreSession): Promise<void> =>
    void (await gate.check(`SELECT (\n${condition}\n)`, session))
  return { gate, settings: createSettingsJudge({ rules, known, checkCondition }) }
}
