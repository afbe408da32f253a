/** Exit codes of the command line: part of its interface, so they never change. */
import { codeOf } from '@spyglass/agent/contract'

export const exitCodes = {
  done: { code: 0, description: 'The command did what it says.' },
  failed: { code: 1, description: 'The command failed; the last line of standard error says why, with a code.' },
  usage: { code: 2, description: 'Unknown command, option or argument, or a missing or malformed one. Nothing was done.' },
  unreachable: { code: 3, description: 'No server is running on the data folder, or it went away before it answered.' },
  unknown: { code: 4, description: 'Nothing has that name.' },
  denied: { code: 5, description: 'The user or its role may not do that.' },
  invalid: { code: 6, description: 'The server refused the values: a setting or the configuration would be invalid. Nothing was changed.' },
  differs: { code: 7, description: 'Of `spyglass diff --check`: file and state differ.' },
} as const

type Outcome = keyof typeof exitCodes

const OUTCOMES: readonly (readonly [Outcome, RegExp])[] = [
  ['usage', /^SPY_(COMMAND_UNKNOWN|ARGUMENT_\w+)$/],
  ['unreachable', /^SPY_((SERVER|COLLECTOR)_UNREACHABLE|LOCAL_(GONE|SLOW|BUSY|PART))$/],
  ['unknown', /^SPY_(\w+_)?(NAME_UNKNOWN|LINE_UNKNOWN|PART_UNKNOWN|CHANGE_UNKNOWN|VERSION_UNKNOWN|USER_UNKNOWN|TOKEN_UNKNOWN)$/],
  ['denied', /^SPY_(LOCAL_DENIED|(\w+_)?FORBIDDEN)$/],
  [
    'invalid',
    /^SPY_(CONFIG_INVALID|ACCESS_PATTERN_INVALID|ISOLATION_(UNAVAILABLE|USER)|TLS_(UNREADABLE|INVALID)|ADMIN_(VALUE|ARGUMENT|NAME_INVALID|NAME_EXISTS|NOT_A_SETTING|FIXED|UNTIL|NO_OPERATION))$/,
  ],
]

/** The exit code for an error, by its code. */
export function exitCodeOf(error: unknown): number {
  const code = codeOf(error) ?? ''
  const outcome = OUTCOMES.find(([, pattern]) => pattern.test(code))?.[0] ?? 'failed'
  return exitCodes[outcome].code
}
