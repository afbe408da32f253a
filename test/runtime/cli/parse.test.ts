import { expect, test } from 'vitest'
import { commands } from '../../../runtime/src/cli/commands.ts'
import { exitCodeOf } from '../../../runtime/src/cli/exit-codes.ts'
import { commandOf, parseCommand } from '../../../runtime/src/cli/parse.ts'
import { runs } from '../../../runtime/src/cli/runs.ts'

test('every declared command has something to run, and nothing else has', () => {
  expect(Object.keys(runs).sort()).toEqual(commands.map(({ name }) => name).sort())
})

test('a command has its options and arguments', () => {
  const { command, values, words, raw } = parseCommand(['get', 'a', '--json', '--data', 'd', 'b'])
  expect([command.name, { ...values }, words, raw]).toEqual([
    'get',
    { json: true, data: 'd' },
    ['a', 'b'],
    ['a', '--json', '--data', 'd', 'b'],
  ])
})

test('a name of two words is found', () => {
  expect(commandOf(['dashboards', 'build', '--out', 'x'])?.name).toBe('dashboards build')
  expect(commandOf(['dashboards'])).toBeUndefined()
})

test.for([
  [['nothing'], 'SPY_COMMAND_UNKNOWN'],
  [['get'], 'SPY_ARGUMENT_MISSING'],
  [['get', '--nothing', 'a'], 'SPY_ARGUMENT_UNKNOWN'],
  [['get', '--data', '', 'a'], 'SPY_ARGUMENT_MISSING'],
  [['get', '--data'], 'SPY_ARGUMENT_UNKNOWN'],
  [['reload', 'a', 'b'], 'SPY_ARGUMENT_UNKNOWN'],
  [['status', 'a'], 'SPY_ARGUMENT_UNKNOWN'],
] as const)('%s: %s, exit code 2', ([argv, code]) => {
  const error = thrownBy(() => parseCommand(argv))
  expect(error).toMatchObject({ code })
  expect(exitCodeOf(error)).toBe(2)
})

test.for([
  ['SPY_SERVER_UNREACHABLE', 3],
  ['SPY_LOCAL_GONE', 3],
  ['SPY_NAME_UNKNOWN', 4],
  ['SPY_ADMIN_NAME_UNKNOWN', 4],
  ['SPY_LOCAL_DENIED', 5],
  ['SPY_ADMIN_FORBIDDEN', 5],
  ['SPY_CONFIG_INVALID', 6],
  ['SPY_PORT_TAKEN', 1],
] as const)('%s ends with %d', ([code, exit]) => {
  expect(exitCodeOf({ code })).toBe(exit)
})

test('an error without a code is a failure', () => {
  expect(exitCodeOf(new Error('x'))).toBe(1)
})

function thrownBy(action: () => unknown): unknown {
  try {
    return action()
  } catch (error) {
    return error
  }
}
